import type { Random } from '../../src/base/random.js'
import { type Answer, ask, type Target } from './ask.js'
import type { Operation, Outcome } from './history.js'

export const stormPath = '/api/v1/namespaces/default/configmaps'

/** Which of two labels a value has: selectors see objects come and go with it. */
export const roundOf = (value: string) => (Number(value.slice(value.lastIndexOf('-') + 1)) % 2 === 0 ? 'even' : 'odd')

export interface Storm {
  readonly operations: Operation[]
  /** Lets every client finish what it has begun. */
  stop(): Promise<void>
}

/** Starts clients that write, read and list the same few ConfigMaps as fast as they are answered, and note what they were told. */
export function startStorm(
  target: Target,
  options: { clients: number; keys: number; random: Random; agent: () => Target['agent'] },
): Storm {
  const operations: Operation[] = []
  const { random, keys } = options
  let stopped = false
  const pick = (count: number) => Math.floor(random.number() * count)
  const client = async (number: number) => {
    const agent = options.agent()
    const mine: Target = agent === undefined ? target : { ...target, agent }
    /** What this client saw last of each key. */
    const seen = new Map<string, number>()
    for (let count = 0; !stopped; count++) {
      const key = `storm-${pick(keys)}`
      const value = `c${number}-${count}`
      const start = performance.now()
      const dice = random.number()
      const expected = seen.get(key)
      let operation: Omit<Operation, 'end' | 'outcome'>
      let work: Promise<Outcome>
      if (dice < 0.2) {
        operation = { client: number, kind: 'create', key, value, start }
        work = ask(mine, 'POST', stormPath, { body: configMap(key, value) }).then(written)
      } else if (dice < 0.55) {
        const held = expected !== undefined && random.number() < 0.6
        operation = { client: number, kind: 'update', key, value, start, ...(held ? { expected } : {}) }
        work =
          held || random.number() < 0.5
            ? ask(mine, 'PUT', `${stormPath}/${key}`, { body: configMap(key, value, held ? expected : undefined) }).then(written)
            : patched(mine, key, value)
      } else if (dice < 0.7) {
        const held = expected !== undefined && random.number() < 0.5
        const preconditions = held ? { preconditions: { resourceVersion: String(expected) } } : {}
        operation = { client: number, kind: 'delete', key, start, ...(held ? { expected } : {}) }
        work = ask(mine, 'DELETE', `${stormPath}/${key}`, {
          body: { kind: 'DeleteOptions', apiVersion: 'v1', ...preconditions },
        }).then(deleted)
      } else if (dice < 0.9) {
        operation = { client: number, kind: 'get', key, start }
        work = ask(mine, 'GET', `${stormPath}/${key}`).then(found)
      } else {
        operation = { client: number, kind: 'list', key: '', start }
        work = listed(mine, pick(3) === 0 ? 3 : 0)
      }
      let outcome: Outcome
      try {
        outcome = await work
      } catch {
        outcome = { type: 'unknown' }
      }
      operations.push({ ...operation, end: performance.now(), outcome })
      if (outcome.type === 'written' || outcome.type === 'found') seen.set(key, outcome.revision)
      if (outcome.type === 'unknown' || outcome.type === 'refused') await new Promise((done) => setTimeout(done, 20))
    }
  }
  const running = Array.from({ length: options.clients }, (_, number) => client(number))
  return {
    operations,
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}

export function configMap(name: string, value: string, revision?: number) {
  const version = revision === undefined ? {} : { resourceVersion: String(revision) }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { storm: 'yes', round: roundOf(value) }, ...version },
    data: { value, padding: value.repeat(30 + (value.length % 7) * 40), again: value },
  }
}

interface StoredMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly uid: string }
  readonly data?: { readonly value?: string; readonly again?: string }
}

/** The value of an object, which must be whole. */
export function storedValue({ metadata, data }: StoredMap): string {
  const { value, again } = data ?? {}
  return value !== undefined && value === again ? value : `${metadata.name} is torn: ${value} and ${again}`
}

function failure({ code, json, text }: Answer): Outcome {
  if (code === 404) return { type: 'absent' }
  if (code === 409) return { type: json?.reason === 'AlreadyExists' ? 'exists' : 'conflict' }
  if (code === 500 && text.includes('nothing was written')) return { type: 'refused' }
  throw new Error(`unexpected answer ${code}: ${text.slice(0, 300)}`)
}

function written(answer: Answer): Outcome {
  if (answer.code !== 200 && answer.code !== 201) return failure(answer)
  return { type: 'written', revision: Number((answer.json as StoredMap).metadata.resourceVersion) }
}

/** A merge patch without a version: applied to whatever is there. */
async function patched(target: Target, key: string, value: string): Promise<Outcome> {
  const { metadata, data } = configMap(key, value)
  const body = { metadata: { labels: metadata.labels }, data }
  return written(await ask(target, 'PATCH', `${stormPath}/${key}`, { body, type: 'application/merge-patch+json' }))
}

function deleted(answer: Answer): Outcome {
  if (answer.code !== 200) return failure(answer)
  return { type: 'deleted', uid: answer.json.details.uid as string }
}

function found(answer: Answer): Outcome {
  if (answer.code !== 200) return failure(answer)
  const object = answer.json as StoredMap
  return { type: 'found', revision: Number(object.metadata.resourceVersion), value: storedValue(object) }
}

/** A list in one piece or in pages, which are one state together. */
async function listed(target: Target, limit: number): Promise<Outcome> {
  const items = new Map<string, { revision: number; value: string }>()
  let revision = 0
  let next = ''
  do {
    const page = limit === 0 ? '' : `&limit=${limit}`
    const more = next === '' ? '' : `&continue=${encodeURIComponent(next)}`
    const answer = await ask(target, 'GET', `${stormPath}?labelSelector=storm${page}${more}`)
    if (answer.code !== 200) return failure(answer)
    for (const item of answer.json.items as StoredMap[]) {
      items.set(item.metadata.name, { revision: Number(item.metadata.resourceVersion), value: storedValue(item) })
    }
    revision = Number(answer.json.metadata.resourceVersion)
    next = (answer.json.metadata.continue as string | undefined) ?? ''
  } while (next !== '')
  return { type: 'listed', revision, items }
}
