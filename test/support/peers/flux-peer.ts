import { spawnSync } from 'node:child_process'

/** What tools/peers/flux-kustomize answers to one request. */
export interface FluxAnswer {
  readonly output?: string
  readonly error?: string
  readonly builds?: number
  readonly seconds?: number
}

/** Sends requests, one line each, to the program that calls the libraries of Flux and kustomize. */
export function askFlux(program: string, requests: readonly object[]): FluxAnswer[] {
  const input = requests.map((request) => `${JSON.stringify(request)}\n`).join('')
  const done = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1024 * 1024 * 1024, timeout: 300_000 })
  const answers = done.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as FluxAnswer)
  if (answers.length !== requests.length) throw new Error(`${answers.length} answers to ${requests.length}: ${done.stderr}`)
  return answers
}
