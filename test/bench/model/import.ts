/**
 * `node import.js FILE` prints as JSON what the import of a module costs a new process: milliseconds of processor time, of all threads and of
 * the kernel on its behalf. On the instruction clock these are millions of instructions.
 */
const [, , file = ''] = process.argv
const before = process.cpuUsage()
await import(file)
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ importMs: (user + system) / 1000 }))
