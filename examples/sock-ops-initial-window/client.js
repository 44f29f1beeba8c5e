// @ts-check
// A client that connects when its input says so.
import { connect } from 'node:net'

process.stdin.once('data', () => {
  connect(Number(process.argv[2]), '127.0.0.1').resume()
  process.stdin.destroy()
})
