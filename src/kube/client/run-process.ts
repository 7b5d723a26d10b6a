import { execFile } from 'node:child_process'
import type { RunProcess } from './client-ports.js'

const mostOutputBytes = 1024 * 1024

/** Runs a program directly, never through a shell, with nothing on its stdin. */
export const runProcess: RunProcess = ({ command, args, env, timeoutMs, signal }) =>
  new Promise((resolve, reject) => {
    const options = { env, timeout: timeoutMs, maxBuffer: mostOutputBytes, encoding: 'utf8', windowsHide: true, signal } as const
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr })
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr })
      else if (error.killed && error.code === undefined) reject(new Error(`it did not end within ${timeoutMs / 1000} s`))
      else if (error.signal) reject(new Error(`it was ended by ${error.signal}`))
      else reject(error)
    })
    child.stdin?.end()
  })
