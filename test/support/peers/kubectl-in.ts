import { execFile, execFileSync } from 'node:child_process'
import type { Ran } from '../worlds/running-fleet.js'

export function kubectlIsMissing(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return false
  } catch {
    return true
  }
}

/** kubectl with a home of its own, where it keeps what it has discovered. Rejects when it fails, unless `fails` is set. */
export function kubectlIn(home: string) {
  const env = { PATH: process.env.PATH ?? '', HOME: home }
  return (args: readonly string[], { input, fails }: { input?: string; fails?: boolean } = {}): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const child = execFile('kubectl', args, { env, timeout: 60_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        if (error && fails !== true) reject(new Error(`kubectl ${args.join(' ')}: ${stderr || stdout || error.message}`))
        else resolve({ stdout, stderr, failed: error !== null })
      })
      child.stdin?.on('error', () => {})
      child.stdin?.end(input ?? '')
    })
}
