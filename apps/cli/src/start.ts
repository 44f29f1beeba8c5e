import { quickBuild } from './quick-build.ts'

// Most of what a command line needs is not needed for the one command that others run over and over.
if (!quickBuild(process.argv.slice(2))) await import('./main.ts')
