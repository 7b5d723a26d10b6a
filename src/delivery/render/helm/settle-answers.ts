import type { CryptoPort, KeyType } from '../../../formats/go-template/sprig/crypto.js'
import type { GoMap } from '../../../formats/go-template/values.js'
import type { HelmPorts } from './engine/helm-functions.js'
import { HelmError } from './helm-error.js'

/** What templates may ask for and nobody can answer at once. */
export interface SlowAnswers {
  /** What a cluster has: an object, a list of objects (no name asked), or an empty object. */
  readonly lookup?: (apiVersion: string, kind: string, namespace: string, name: string) => Promise<GoMap>
  /** Makes a private key that takes long to make (RSA, DSA), elsewhere than in this process' one thread. */
  readonly generateKey?: (type: KeyType, bits: number) => Promise<string>
}

const maxLookups = 1000
const maxRounds = 200

/**
 * Runs a rendering, which cannot wait, until everything that it asks for is known: what is missing is collected in a first run
 * (whose result does not count), fetched all at once, and the rendering is run again. A chart that asks for nothing runs once.
 */
export async function settleAnswers<T>(slow: SlowAnswers, ports: HelmPorts, run: (ports: HelmPorts) => T): Promise<T> {
  const found = new Map<string, { value: GoMap } | { error: unknown }>()
  const keys = new Map<string, string[]>()
  for (let round = 0; round < maxRounds; round++) {
    const lookups = createLookups(slow, found)
    const crypto = ports.crypto === undefined ? undefined : createKeys(slow, ports.crypto, keys)
    const isOpen = () => lookups.wanted.size > 0 || (crypto?.wanted.length ?? 0) > 0
    let result: { value: T } | { error: unknown }
    try {
      result = {
        value: run({
          ...ports,
          ...(slow.lookup === undefined ? {} : { lookup: lookups.answer }),
          ...(crypto === undefined ? {} : { crypto: crypto.port }),
        }),
      }
    } catch (error) {
      result = { error }
    }
    if (!isOpen()) {
      if ('error' in result) throw result.error
      return result.value
    }
    if (found.size + lookups.wanted.size > maxLookups)
      throw new HelmError(`the chart looks up more than ${maxLookups} different objects and lists`)
    await Promise.all([lookups.fetch(), crypto?.fetch()])
  }
  throw new HelmError(`after ${maxRounds} runs the chart still looks up objects that no run before looked up`)
}

function createLookups(slow: SlowAnswers, found: Map<string, { value: GoMap } | { error: unknown }>) {
  const wanted = new Map<string, readonly [string, string, string, string]>()
  return {
    wanted,
    answer: (...asked: [string, string, string, string]): GoMap => {
      const key = asked.join('\n')
      const known = found.get(key)
      if (known === undefined) {
        wanted.set(key, asked)
        return {}
      }
      if ('error' in known) throw known.error
      return known.value
    },
    async fetch(): Promise<void> {
      await Promise.all(
        [...wanted].map(async ([key, asked]) => {
          try {
            found.set(key, { value: await slow.lookup!(...asked) })
          } catch (error) {
            found.set(key, { error })
          }
        }),
      )
    },
  }
}

/** Keys are used in the order in which they are asked for; while some are missing, others that are quick to make stand for them. */
function createKeys(slow: SlowAnswers, port: CryptoPort, keys: Map<string, string[]>) {
  const used = new Map<string, number>()
  const wanted: { readonly type: KeyType; readonly bits: number }[] = []
  const { generateKey } = slow
  return {
    wanted,
    port:
      generateKey === undefined
        ? port
        : {
            ...port,
            generateKey(type: KeyType, bits: number): string {
              if (type === 'ecdsa' || type === 'ed25519') return port.generateKey(type, bits)
              const name = `${type} ${bits}`
              const index = used.get(name) ?? 0
              used.set(name, index + 1)
              const known = keys.get(name)?.[index]
              if (known !== undefined) return known
              wanted.push({ type, bits })
              return port.generateKey('ed25519', 0)
            },
          },
    async fetch(): Promise<void> {
      const made = await Promise.all(
        wanted.map(async ({ type, bits }) => [`${type} ${bits}`, await generateKey!(type, bits)] as const),
      )
      for (const [name, key] of made) keys.set(name, [...(keys.get(name) ?? []), key])
    },
  }
}
