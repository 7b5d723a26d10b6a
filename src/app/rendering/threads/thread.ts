import { Worker } from 'node:worker_threads'
import { Stalled, Waiting } from '../../../base/errors.js'
import type { RenderRequest, RenderResult } from '../../../delivery/render/contract.js'
import { CallAnswers, type ThreadPorts } from './answer-calls.js'
import type { FromThread, SentRender, ThreadSettings, ToThread } from './messages.js'
import { packError, unpackError } from './sent-error.js'

export interface ThreadRender {
  readonly renderer: string
  readonly request: RenderRequest
  /** Of the thread's time. */
  readonly maxMilliseconds: number
}

/** How a render ended, and the time that it took its thread. */
export type ThreadOutcome = { readonly milliseconds: number } & ({ readonly result: RenderResult } | { readonly error: unknown })

export interface ThreadOptions {
  readonly file: URL
  readonly settings: ThreadSettings
  /** Heap at which the thread is ended. */
  readonly endAtBytes: number
  /** How long a thread may take to start; 30 s unless told. */
  readonly startMilliseconds?: number
  /** How much longer than its time a render may take before its thread is ended; 5 s unless told. */
  readonly graceMilliseconds?: number
  readonly ports: ThreadPorts
  readonly now: () => number
}

/** No thread could be started: that is no fault of what was to be rendered. */
export class NoThread extends Error {}

interface Current {
  readonly render: ThreadRender
  readonly answers: CallAnswers
  readonly end: (outcome: ThreadOutcome) => void
  readonly fail: (error: unknown) => void
  /** What the hub's thread has not answered yet. */
  open: number
  /** How much longer the thread may be silent while nothing is open, as far as that was counted. */
  left: number
}

/** A thread that renders one thing at a time. It is used until it is ended, by `end` or by what it renders. */
export class Thread {
  readonly #options: ThreadOptions
  readonly #worker: Worker
  #isReady = false
  #isOver = false
  #current: Current | undefined
  #silence: { readonly timer: NodeJS.Timeout; readonly since: number } | undefined

  constructor(options: ThreadOptions) {
    this.#options = options
    const { file, settings, endAtBytes } = options
    const megabytes = Math.max(Math.round(endAtBytes / 1024 / 1024), 16)
    this.#worker = new Worker(file, {
      workerData: settings,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: Math.min(megabytes, 64) },
    })
    this.#worker.on('message', (message: FromThread) => this.#hear(message))
    this.#worker.on('error', (error: Error & { code?: string }) => this.#over(error))
    this.#worker.on('exit', (code) => this.#over(new Error(`the thread ended with ${code}`)))
  }

  /** Whether nothing can be rendered in it any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Rejects with NoThread where there is none; what is wrong with the source is an outcome. */
  render(render: ThreadRender): Promise<ThreadOutcome> {
    return new Promise((end, fail) => {
      const answers = new CallAnswers(render.request, this.#options.ports)
      this.#current = { render, answers, end, fail, open: 0, left: this.#options.startMilliseconds ?? 30_000 }
      this.#worker.ref()
      if (this.#isReady) this.#start()
      else this.#awaitWord()
    })
  }

  end(): Promise<unknown> {
    this.#over(hubStops())
    return this.#worker.terminate()
  }

  #start(): void {
    const current = this.#current!
    const { renderer, request, maxMilliseconds } = current.render
    const { path, options, target } = request
    const { lookup, ...plainTarget } = target
    current.left = maxMilliseconds + (this.#options.graceMilliseconds ?? 5000)
    const tree = current.answers.sendTree(request.tree)
    const render: SentRender = {
      renderer,
      tree,
      path,
      options,
      target: plainTarget,
      hasLookup: lookup !== undefined,
      maxMilliseconds,
      now: this.#options.now(),
    }
    this.#tell({ type: 'render', render })
    this.#awaitWord()
  }

  #hear(message: FromThread): void {
    this.#heard()
    const current = this.#current
    if (message.type === 'ready') {
      this.#isReady = true
      if (current) this.#start()
      else this.#worker.unref()
      return
    }
    if (current === undefined) return
    if (message.type === 'call') {
      current.open++
      this.#answer(current, message).finally(() => {
        current.open--
        if (this.#current === current) this.#awaitWord()
      })
      return
    }
    const { milliseconds } = message
    if (message.type === 'failed') this.#finish({ milliseconds, error: unpackError(message.error) })
    else {
      const { warnings, isVolatile } = message
      const { objects } = current.answers
      this.#finish({ milliseconds, result: { objects, warnings, ...(isVolatile === undefined ? {} : { isVolatile }) } })
    }
  }

  async #answer(current: Current, { call, name, given }: FromThread & { type: 'call' }): Promise<void> {
    let answer: ToThread
    try {
      answer = { type: 'answer', call, value: await current.answers.answer(name, given) }
    } catch (error) {
      answer = { type: 'answer', call, error: packError(error) }
    }
    if (this.#current === current) this.#tell(answer)
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  #finish(outcome: ThreadOutcome): void {
    const current = this.#current
    this.#heard()
    this.#current = undefined
    this.#worker.unref()
    current?.end(outcome)
  }

  /** While the thread waits for nothing, it has to say something in its time. */
  #awaitWord(): void {
    const current = this.#current
    if (current === undefined || current.open > 0 || this.#silence !== undefined) return
    const since = performance.now()
    this.#silence = { since, timer: setTimeout(() => this.#tooLate(), current.left) }
  }

  #heard(): void {
    if (this.#silence === undefined) return
    clearTimeout(this.#silence.timer)
    if (this.#current) this.#current.left -= performance.now() - this.#silence.since
    this.#silence = undefined
    if (this.#current?.open === 0) queueMicrotask(() => this.#awaitWord())
  }

  #tooLate(): void {
    const { maxMilliseconds } = this.#current!.render
    const error = this.#isReady
      ? stopped(this.#current!, { code: 'render-time' }, `took longer than ${maxMilliseconds / 1000} s and was ended`)
      : new NoThread('the thread does not start')
    this.#over(error)
    void this.#worker.terminate()
  }

  #over(error: Error & { code?: string }): void {
    if (this.#isOver) return
    this.#isOver = true
    const current = this.#current
    if (current === undefined) return
    const { maxMilliseconds: milliseconds } = current.render
    if (error instanceof Stalled || error instanceof Waiting) this.#finish({ milliseconds, error })
    else if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      const megabytes = Math.round(this.#options.endAtBytes / 1024 / 1024)
      this.#finish({
        milliseconds,
        error: stopped(current, { code: 'render-memory' }, `took more than ${megabytes} MiB of memory and was ended`),
      })
    } else if (this.#isReady)
      this.#finish({ milliseconds, error: stopped(current, { code: 'render-thread' }, `ended its thread: ${error.message}`) })
    else {
      this.#heard()
      this.#current = undefined
      current.fail(error instanceof NoThread ? error : new NoThread(error.message, { cause: error }))
    }
  }
}

/** Nobody waits for renders any more. */
export function hubStops(): Waiting {
  return new Waiting({ code: 'render-thread', message: 'nothing is rendered any more: the hub stops' })
}

function stopped({ render }: Current, code: { readonly code: string }, what: string): Stalled {
  return new Stalled({
    ...code,
    message: `${render.request.path || '.'}: rendering it (${render.renderer}) ${what}`,
    fix: 'Split what is rendered, or find what multiplies in it.',
  })
}
