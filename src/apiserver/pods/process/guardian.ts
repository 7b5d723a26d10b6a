import { spawn } from 'node:child_process'

/** Ends local commands when this process has died without doing so itself: they have no channel to notice it by. */
export interface Guardian {
  add(pid: number): void
  remove(pid: number): void
  stop(): void
}

export interface GuardianMessage {
  readonly add?: number
  readonly remove?: number
}

export function createGuardian(options: { readonly execPath: string; readonly serverFile: string }): Guardian {
  const child = spawn(options.execPath, ['--max-old-space-size=16', options.serverFile, 'guardian'], {
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  })
  child.on('error', () => {})
  child.unref()
  child.channel?.unref()
  const send = (message: GuardianMessage) => {
    if (child.connected) child.send(message, () => {})
  }
  return {
    add: (pid) => send({ add: pid }),
    remove: (pid) => send({ remove: pid }),
    stop: () => child.kill('SIGKILL'),
  }
}

/** The guardian's own program: remembers process groups, and ends them once its fleet has gone. */
export function runGuardian(process: {
  on(event: 'message', listener: (message: GuardianMessage) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
  kill(pid: number, signal: string): unknown
  exit(code: number): never
}): void {
  const groups = new Set<number>()
  process.on('message', ({ add, remove }) => {
    if (add !== undefined) groups.add(add)
    if (remove !== undefined) groups.delete(remove)
  })
  process.on('disconnect', () => {
    for (const pid of groups) {
      try {
        process.kill(-pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
    process.exit(0)
  })
}
