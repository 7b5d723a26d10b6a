import type { Answer, Case, Step } from './case.js'
import { Normaliser } from './normalise.js'
import { type RawAnswer, send, type Target } from './send.js'

let runs = 0

/** Eight characters that name this run of a case: no other run on the same server has them. */
function uniqueId(): string {
  runs++
  const stamp = (Date.now() % 36 ** 5).toString(36).padStart(5, '0')
  return `${stamp}${runs.toString(36).padStart(3, '0')}`.replace(/^./, 'x')
}

/** Sends the steps one after the other and returns the comparable answers; silent steps have none. */
export async function runCase(target: Target, wanted: Case): Promise<(Answer | undefined)[]> {
  const id = uniqueId()
  const names = new Map<string, string>([
    ['id', id],
    ['ns', `ns-${id}`],
  ])
  const spaces = wanted.namespace === 'none' ? [] : wanted.namespace === 'twice' ? [`ns-${id}`, `ns-${id}-2`] : [`ns-${id}`]
  for (const space of spaces) await prepareNamespace(target, space)
  const normaliser = new Normaliser(id, wanted.steps, Date.now())
  const answers: (Answer | undefined)[] = []
  for (const [index, step] of wanted.steps.entries()) {
    const filled = JSON.parse(fill(JSON.stringify(step), names)) as Step
    let raw = await send(target, filled)
    for (let tries = 0; step.until !== undefined && raw.code !== step.until && tries < 100; tries++) {
      await new Promise((done) => setTimeout(done, 50))
      raw = await send(target, filled)
    }
    capture(step, raw, names)
    answers.push(step.silent ? undefined : normaliser.answer(raw, filled, index))
  }
  return answers
}

/** A namespace with the account that its pods run as: here no controller makes it. */
async function prepareNamespace(target: Target, name: string): Promise<void> {
  const headers = {}
  const made = await send(target, { method: 'POST', path: '/api/v1/namespaces', headers, body: { metadata: { name } } })
  if (made.code !== 201) throw new Error(`the namespace ${name} was not made: ${made.text}`)
  const path = `/api/v1/namespaces/${name}/serviceaccounts`
  const account = await send(target, { method: 'POST', path, body: { metadata: { name: 'default' } } })
  if (account.code !== 201 && account.code !== 409) throw new Error(`no default account in ${name}: ${account.text}`)
}

function fill(text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{([a-z][\w-]*)\}/g, (all, name: string) => {
    const value = names.get(name)
    return value === undefined ? all : JSON.stringify(value).slice(1, -1)
  })
}

function capture(step: Step, raw: RawAnswer, names: Map<string, string>): void {
  for (const [name, path] of Object.entries(step.capture ?? {})) {
    let value: unknown
    try {
      value = JSON.parse(raw.text)
    } catch {
      value = undefined
    }
    for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part]
    names.set(name, typeof value === 'string' ? value : value === undefined ? 'nothing' : JSON.stringify(value))
  }
}
