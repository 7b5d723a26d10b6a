import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { CodedError } from '../../base/errors.js'

export interface GitObject {
  readonly hash: string
  readonly type: string
  readonly content: Uint8Array
}

/** Reads objects of one repository through one `git cat-file --batch`. The process starts when needed and again after it died. */
export interface ObjectReader {
  /** `name`: a hash or an abbreviation of one. Undefined when there is none. Throws for an object above the size limit. */
  read(name: string): Promise<GitObject | undefined>
  /** True when nothing is being read. */
  readonly idle: boolean
  readonly running: boolean
  close(): void
}

interface Request {
  readonly name: string
  resolve(object: GitObject | undefined): void
  reject(error: unknown): void
}

export function createObjectReader(options: {
  command: string
  gitDirectory: string
  environment: Record<string, string>
  maxObjectBytes: number
}): ObjectReader {
  let child: ChildProcessWithoutNullStreams | undefined
  let waiting: Request[] = []
  let chunks: Buffer[] = []
  let buffered = 0
  /** The object whose content is coming in; `left` counts its bytes and the newline after them. */
  let current: { hash: string; type: string; size: number; left: number; kept: Buffer[] } | undefined

  const take = (count: number): Buffer => {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    const taken = all.subarray(0, count)
    const rest = all.subarray(count)
    chunks = rest.length > 0 ? [rest] : []
    buffered = rest.length
    return taken
  }

  const takeLine = (): string | undefined => {
    if (buffered === 0) return undefined
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    chunks = [all]
    const end = all.indexOf(10)
    return end < 0
      ? undefined
      : take(end + 1)
          .subarray(0, end)
          .toString('utf8')
  }

  const parse = () => {
    for (;;) {
      if (current === undefined) {
        const line = takeLine()
        if (line === undefined) return
        const header = /^([0-9a-f]+) (commit|tree|blob|tag) (\d+)$/.exec(line)
        if (header) {
          const size = Number(header[3])
          current = { hash: header[1]!, type: header[2]!, size, left: size + 1, kept: [] }
        } else waiting.shift()?.resolve(undefined)
        continue
      }
      if (buffered === 0) return
      const part = take(Math.min(buffered, current.left))
      current.left -= part.length
      if (current.size <= options.maxObjectBytes) current.kept.push(part)
      if (current.left > 0) return
      const request = waiting.shift()
      const { hash, type, size, kept } = current
      current = undefined
      if (size > options.maxObjectBytes)
        request?.reject(
          new CodedError({
            code: 'git-object-too-large',
            message: `the file ${hash} has ${size} bytes, more than the ${options.maxObjectBytes} that are read`,
            fix: 'Keep large files out of the directory of manifests',
          }),
        )
      else request?.resolve({ hash, type, content: new Uint8Array(Buffer.concat(kept).subarray(0, size)) })
    }
  }

  const fail = (why: string) => {
    const failed = waiting
    waiting = []
    chunks = []
    buffered = 0
    current = undefined
    child = undefined
    for (const request of failed) request.reject(new CodedError({ code: 'git-cat-file', message: why }))
  }

  const start = () => {
    const started = spawn(options.command, [`--git-dir=${options.gitDirectory}`, 'cat-file', '--batch'], {
      env: options.environment,
      stdio: 'pipe',
    })
    started.stdout.on('data', (chunk: Buffer) => {
      if (child !== started) return
      chunks.push(chunk)
      buffered += chunk.length
      // A large object arrives in many chunks: they are joined once, when all of it is there or before a header is read.
      parse()
    })
    started.stderr.resume()
    // A broken pipe shows up as the end of the process.
    started.stdin.on('error', () => {})
    started.on('error', (error) => child === started && fail(`git cat-file does not start: ${error.message}`))
    started.on('close', () => child === started && fail(`git cat-file on ${options.gitDirectory} ended early`))
    // A reader that nobody closed never keeps the process alive.
    started.unref()
    for (const stream of [started.stdin, started.stdout, started.stderr]) (stream as unknown as { unref?(): void }).unref?.()
    child = started
    return started
  }

  return {
    get idle() {
      return waiting.length === 0
    },
    get running() {
      return child !== undefined
    },
    read(name) {
      if (!/^[0-9a-f]{4,64}$/.test(name)) return Promise.resolve(undefined)
      return new Promise((resolve, reject) => {
        const process = child ?? start()
        waiting.push({ name, resolve, reject })
        // While something is awaited the event loop must stay alive.
        hold(process, true)
        process.stdin.write(`${name}\n`)
      }).finally(() => {
        if (waiting.length === 0 && child) hold(child, false)
      }) as Promise<GitObject | undefined>
    },
    close() {
      const ended = child
      if (ended) {
        fail('the repository was closed')
        ended.kill()
      }
    },
  }
}

function hold(process: ChildProcessWithoutNullStreams, alive: boolean): void {
  const socket = process.stdout as unknown as { ref?(): void; unref?(): void }
  if (alive) socket.ref?.()
  else socket.unref?.()
}
