/** The command line, as it is installed in a guest. */
export const TSCC = 'node_modules/@tscc/cli/bin/tscc.js'
