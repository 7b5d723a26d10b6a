import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

/** Ends local commands when this process has died without doing so itself: they have no channel to notice it by. */
export interface Guardian {
  add(pid: number): void
  remove(pid: number): void
  stop(): void
}

/**
 * Starts the guardian. It is told through a pipe, not through Node's channel: what was written to a pipe is still there for a
 * reader that is not up yet when the writer dies.
 */
export function createGuardian(options: { readonly execPath: string; readonly serverFile: string }): Guardian {
  const child = spawn(options.execPath, ['--max-old-space-size=16', options.serverFile, 'guardian'], {
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  if (child.stdin instanceof Socket) child.stdin.unref()
  const tell = (line: string) => void child.stdin.write(`${line}\n`)
  return {
    add: (pid) => tell(`+${pid}`),
    remove: (pid) => tell(`-${pid}`),
    stop: () => void child.kill('SIGKILL'),
  }
}

/** The guardian's own program: remembers process groups, and ends them once its fleet has gone. */
export async function runGuardian(process: {
  readonly stdin: AsyncIterable<Uint8Array>
  kill(pid: number, signal: string): unknown
}): Promise<void> {
  const groups = new Set<number>()
  let rest = ''
  for await (const chunk of process.stdin) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const pid = Number(line.slice(1))
      if (line.startsWith('+')) groups.add(pid)
      else groups.delete(pid)
    }
  }
  for (const pid of groups) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
}
