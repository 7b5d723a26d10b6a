import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { Step } from '../../differential/case.js'
import { closeConnections, send, type Target } from '../../differential/send.js'
import { adminToken, startEmbeddedApi } from '../worlds/embedded-api.js'
import { startRealApiServer } from './real-apiserver.js'

/** A request to both servers. */
export interface Asked extends Step {
  /** What of the object must agree (default: nothing). */
  readonly pick?: (body: never) => unknown
  /** What was written here counts for what follows: the real server hears of it by watching itself. */
  readonly settle?: boolean
}

/** A real kube-apiserver and an embedded one, to which the same requests are sent. */
export interface TwoServers {
  /**
   * Sends the steps to the one and then to the other. Codes, words of failures, warnings and what `pick` takes must agree.
   * False, and the test is skipped: there is no real server here.
   */
  compare(t: { skip(why: string): void }, steps: readonly Asked[]): Promise<boolean>
  stop(): Promise<void>
}

export const create = (path: string, body: object, more: Partial<Asked> = {}): Asked => ({ method: 'POST', path, body, ...more })
export const remove = (path: string): Asked => ({ method: 'DELETE', path, settle: true })

export async function startTwoServers(): Promise<TwoServers> {
  const real = await startRealApiServer({ serviceAccounts: true })
  const embedded = await startEmbeddedApi('admission')
  const targets: Target[] = [{ host: '127.0.0.1', port: embedded.port, token: adminToken }]
  if (typeof real !== 'string') {
    const { hostname, port } = new URL(real.server)
    targets.unshift({ host: hostname, port: Number(port), token: real.token })
  }
  const account = { metadata: { name: 'default' } }
  for (const target of targets) await send(target, create('/api/v1/namespaces/default/serviceaccounts', account))
  return {
    async compare(t, steps) {
      if (typeof real === 'string') {
        t.skip(real)
        return false
      }
      const seen: unknown[][] = []
      for (const target of targets) seen.push(await askAll(target, steps, target.token === adminToken ? 0 : 2500))
      const [wanted = [], given = []] = seen
      const differing = [...wanted.keys()].filter((index) => !isDeepStrictEqual(given[index], wanted[index]))
      const shown = differing.map((index) => {
        const { method, path } = steps[index]!
        return { what: `${method} ${path} (#${index})`, given: given[index], wanted: wanted[index] }
      })
      assert.deepEqual(
        shown.map((each) => each.given),
        shown.map((each) => each.wanted),
        JSON.stringify(shown, undefined, 1),
      )
      return true
    },
    async stop() {
      closeConnections()
      await embedded.close()
      if (typeof real !== 'string') await real.stop()
    },
  }
}

async function askAll(target: Target, steps: readonly Asked[], settleMs: number): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const { pick = () => undefined, settle, ...step } of steps) {
    const { code, headers, text } = await send(target, step)
    const body = JSON.parse(text)
    const warnings = [headers['warning'] ?? []].flat()
    if (body.kind === 'Status') {
      const { message, reason, details } = body
      answers.push({ code, message: plain(message), reason, details: plainTexts(details), warnings })
    } else answers.push({ code, picked: pick(body as never), warnings })
    if (settle) await new Promise((resolve) => setTimeout(resolve, settleMs))
  }
  return answers
}

/** Without what differs from run to run, and without the dump of a diff in Go's words. */
function plain(text = ''): string {
  return text
    .replace(/\n\s+core\.[\s\S]*$/, '')
    .replace(/generated-\w{5}/g, 'generated-X')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID')
    .replace(/kube-api-access-\w{5}/g, 'kube-api-access-X')
}

/** The same of all texts in a value. */
export function plainTexts(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (_key, member) => (typeof member === 'string' ? plain(member) : member))
}
