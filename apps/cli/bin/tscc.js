#!/bin/sh
':' //; case "$1" in build) unset NODE_EXTRA_CA_CERTS ;; esac; exec node "$0" "$@"
// The line above is the shell's, which starts Node on this same file; JavaScript sees a string. Whatever Node is to do before
// any script has to be said there: it reads the certificates of that variable at every start, which takes longer than
// compiling, and compiling asks nobody anything.
if (!require('../dist/start.cjs').start(process.argv.slice(2))) import('../dist/main.js')
