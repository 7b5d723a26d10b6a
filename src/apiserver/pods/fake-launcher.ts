import { PassThrough, Readable } from 'node:stream'
import type { Launcher, LaunchWish, RunningContainer } from './process/launcher.js'

/** A container of the fake: what was asked for, and the strings to pull. */
export interface FakeContainer {
  readonly name: string
  readonly wish: LaunchWish
  readonly signals: string[]
  readonly commands: (readonly string[])[]
  readonly stdout: PassThrough
  /** The process ends by itself. */
  end(code: number): void
}

export interface FakeLauncher extends Launcher {
  /** All that were ever started, in order. */
  readonly containers: FakeContainer[]
  last(name: string): FakeContainer
  /** What commands in containers end with (default 0). */
  execCode: number
  /** What commands in containers write. */
  execOutput: (command: readonly string[]) => string
  /** Whether SIGTERM ends a container (default true). */
  obedient: boolean
}

/** Starts no process: for tests of what pods do, under virtual time. */
export function createFakeLauncher(): FakeLauncher {
  const containers: FakeContainer[] = []
  let pid = 100_000_000
  const launcher: FakeLauncher = {
    containers,
    execCode: 0,
    execOutput: (command) => `output of ${command.join(' ')}\n`,
    obedient: true,
    last(name) {
      const found = containers.filter((each) => each.name === name).at(-1)
      if (found === undefined) throw new Error(`container ${name} was not started`)
      return found
    },
    async launch(wish) {
      let finish: (end: { code: number; signal?: number }) => void = () => {}
      const ended = new Promise<{ code: number; signal?: number }>((resolve) => (finish = resolve))
      const stdout = new PassThrough()
      const container: FakeContainer = {
        name: wish.directory.split('/').at(-1) as string,
        wish,
        signals: [],
        commands: [],
        stdout,
        end: (code) => finish({ code }),
      }
      containers.push(container)
      const running: RunningContainer = {
        pid: ++pid,
        stdout,
        stderr: new PassThrough(),
        ended,
        kill(signal) {
          container.signals.push(signal)
          if (signal === 'SIGKILL') finish({ code: 137, signal: 9 })
          else if (launcher.obedient) finish({ code: 143, signal: 15 })
        },
        exec(command) {
          container.commands.push(command)
          const code = launcher.execCode
          return {
            stdout: Readable.from([launcher.execOutput(command)]),
            stderr: Readable.from([]),
            ended: new Promise((resolve) => setImmediate(() => resolve({ code }))),
            resize() {},
            cancel() {},
          }
        },
        resize() {},
      }
      return running
    },
    async stop() {},
  }
  return launcher
}
