import type { Clock } from '../../../base/clock.js'

export interface Asking {
  /** However young the answer is. */
  readonly refresh?: boolean
  readonly signal?: AbortSignal
}

/** Answers by key that count for a while, each fetched once at a time. */
export interface AgedAnswers<T> {
  /** `repository` is told to `changed` when `refreshAll` finds another answer. */
  get(key: string, repository: string, how: Asking, fetch: (known: T | undefined) => Promise<T>): Promise<T>
  /** Fetches everything again. What nobody asked for in an hour is forgotten, and told as changed: users ask anew. */
  refreshAll(): Promise<void>
  forget(repository: string): void
}

interface Answer<T> {
  readonly repositories: Set<string>
  fetch: (known: T | undefined) => Promise<T>
  value: T | undefined
  failure: { readonly error: unknown } | undefined
  at: number
  usedAt: number
  running: Promise<T> | undefined
  /** What `refreshAll` has left everybody with; somebody who asks by himself tells nobody. */
  shared: T | undefined
  troubled: boolean
}

const failureMs = 10_000
const unusedMs = 3_600_000

export function createAgedAnswers<T>(options: {
  clock: Clock
  maxAgeMs: number
  maxEntries: number
  same: (a: T, b: T) => boolean
  changed: (repository: string) => void
}): AgedAnswers<T> {
  const { clock, maxAgeMs } = options
  const answers = new Map<string, Answer<T>>()

  /** Failures count shortly, so that nobody hammers a server. */
  function isFresh(answer: Answer<T>): boolean {
    const age = clock.now() - answer.at
    return answer.failure !== undefined ? age < failureMs : answer.value !== undefined && age < maxAgeMs
  }

  function fetch(answer: Answer<T>): Promise<T> {
    answer.running ??= answer.fetch(answer.value).then(
      (value) => {
        Object.assign(answer, { value, at: clock.now(), failure: undefined, running: undefined })
        answer.shared ??= value
        return value
      },
      (error: unknown) => {
        Object.assign(answer, { at: clock.now(), failure: { error }, running: undefined, troubled: true })
        throw error
      },
    )
    return answer.running
  }

  return {
    async get(key, repository, how, fetcher) {
      let answer = answers.get(key)
      if (answer === undefined) {
        answer = {
          repositories: new Set(),
          fetch: fetcher,
          value: undefined,
          failure: undefined,
          at: 0,
          usedAt: 0,
          running: undefined,
          shared: undefined,
          troubled: false,
        }
        answers.set(key, answer)
        if (answers.size > options.maxEntries) answers.delete(answers.keys().next().value!)
      }
      answer.repositories.add(repository)
      answer.fetch = fetcher
      answer.usedAt = clock.now()
      if (answer.running === undefined && how.refresh !== true && isFresh(answer)) {
        if (answer.failure !== undefined) throw answer.failure.error
        return answer.value!
      }
      return abortable(fetch(answer), how.signal)
    },
    async refreshAll() {
      const tell = (answer: Answer<T>) => {
        for (const repository of answer.repositories) options.changed(repository)
      }
      for (const [key, answer] of [...answers]) {
        if (clock.now() - answer.usedAt > unusedMs) {
          answers.delete(key)
          tell(answer)
          continue
        }
        const after = await fetch(answer).catch(() => undefined)
        if (after === undefined) continue
        const isNews = answer.troubled || answer.shared === undefined || !options.same(answer.shared, after)
        Object.assign(answer, { shared: after, troubled: false })
        if (isNews) tell(answer)
      }
    },
    forget(repository) {
      for (const [key, answer] of answers) if (answer.repositories.has(repository)) answers.delete(key)
    },
  }
}

/** For somebody who no longer waits; the others still do. */
export async function abortable<T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return running
  if (signal.aborted) running.catch(() => {})
  signal.throwIfAborted()
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
