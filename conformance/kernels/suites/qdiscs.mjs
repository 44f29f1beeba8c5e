// What checks of qdiscs share.
import { spawnSync } from 'node:child_process'
import { skipped } from './check.mjs'

/** Devices and netem are modules. */
const hasModules = () => ['veth', 'sch_netem'].every((name) => spawnSync('modprobe', [name]).status === 0)

/** A check of qdiscs on devices, skipped where they are not there. */
export const withQdiscModules = (run) =>
  hasModules() ? run() : skipped('the archive has the image of this kernel without its modules')

/** A figure of the kernel's and of ours, as text for the report. */
export const both = ({ native, own }, figure) => `${native[figure].toPrecision(4)} / ${own[figure].toPrecision(4)}`
