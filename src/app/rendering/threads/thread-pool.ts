import { Waiting } from '../../../base/errors.js'
import { hubStops, NoThread, Thread, type ThreadOptions, type ThreadOutcome, type ThreadRender } from './thread.js'

/** Threads that nothing was rendered in for this long are ended. */
const idleMilliseconds = 30_000

export interface ThreadPoolOptions extends ThreadOptions {
  readonly maxThreads: number
  /** Renders that may wait, in all and of one source: who asks for them waits too, and has a place among those who reconcile. */
  readonly maxWaiting?: number
  readonly maxWaitingOfSource?: number
  readonly idleMilliseconds?: number
}

interface Job {
  readonly source: string
  readonly render: ThreadRender
  readonly end: (outcome: ThreadOutcome) => void
  readonly fail: (error: unknown) => void
}

/**
 * A few threads for renders that take long, started when they are first needed. The sources take turns, and one that has a render
 * under way lets others go first.
 */
export class ThreadPool {
  readonly #options: ThreadPoolOptions
  readonly #idle = new Map<Thread, NodeJS.Timeout>()
  readonly #busy = new Map<Thread, Job>()
  /** By source; the one that waits longest for its turn is first. */
  readonly #waiting = new Map<string, Job[]>()
  #isClosed = false

  constructor(options: ThreadPoolOptions) {
    this.#options = options
  }

  get threads(): number {
    return this.#idle.size + this.#busy.size
  }

  /** Rejects with NoThread where no thread can be had, with Waiting where too many wait already. */
  render(source: string, render: ThreadRender): Promise<ThreadOutcome> {
    return new Promise((end, fail) => {
      const { maxWaiting = 16, maxWaitingOfSource = 4 } = this.#options
      if (this.#isClosed) throw hubStops()
      const waiting = this.#waiting.get(source) ?? []
      const all = [...this.#waiting.values()].reduce((sum, jobs) => sum + jobs.length, 0)
      if (all >= maxWaiting || waiting.length >= maxWaitingOfSource) throw crowded(render.request.path)
      waiting.push({ source, render, end, fail })
      this.#waiting.set(source, waiting)
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const jobs of this.#waiting.values()) for (const job of jobs) job.fail(hubStops())
    this.#waiting.clear()
    for (const timer of this.#idle.values()) clearTimeout(timer)
    const threads = [...this.#idle.keys(), ...this.#busy.keys()]
    this.#idle.clear()
    await Promise.all(threads.map((thread) => thread.end()))
  }

  #next(): void {
    while (this.#waiting.size > 0 && this.#busy.size < this.#options.maxThreads && !this.#isClosed) {
      void this.#run(this.#take(), this.#free())
    }
  }

  /** An idle thread. Those that have ended meanwhile are dropped: nobody would hear what they are asked. */
  #free(): Thread | undefined {
    for (const [thread, timer] of this.#idle) {
      clearTimeout(timer)
      this.#idle.delete(thread)
      if (!thread.isOver) return thread
    }
    return undefined
  }

  #take(): Job {
    const busy = new Set([...this.#busy.values()].map((job) => job.source))
    const sources = [...this.#waiting.keys()]
    const source = sources.find((each) => !busy.has(each)) ?? sources[0]!
    const jobs = this.#waiting.get(source)!
    const job = jobs.shift()!
    this.#waiting.delete(source)
    if (jobs.length > 0) this.#waiting.set(source, jobs)
    return job
  }

  async #run(job: Job, free: Thread | undefined): Promise<void> {
    let thread = free
    try {
      thread ??= new Thread(this.#options)
      this.#busy.set(thread, job)
      job.end(await thread.render(job.render))
    } catch (error) {
      job.fail(error instanceof NoThread ? error : new NoThread(String(error), { cause: error }))
    }
    if (thread === undefined) return
    this.#busy.delete(thread)
    this.#letOthersGoFirst(job.source)
    if (!thread.isOver && !this.#isClosed) this.#keep(thread)
    this.#next()
  }

  #letOthersGoFirst(source: string): void {
    const jobs = this.#waiting.get(source)
    if (jobs === undefined) return
    this.#waiting.delete(source)
    this.#waiting.set(source, jobs)
  }

  #keep(thread: Thread): void {
    const timer = setTimeout(() => {
      this.#idle.delete(thread)
      void thread.end()
    }, this.#options.idleMilliseconds ?? idleMilliseconds)
    this.#idle.set(thread, timer.unref())
  }
}

function crowded(path: string): Waiting {
  return new Waiting({
    code: 'render-queue-full',
    message: `${path || '.'}: what takes long to render waits for its turn, and too much waits already`,
    fix: 'It is tried again. Split what takes long to render, of this source first.',
    retryAfterMs: 15_000,
  })
}
