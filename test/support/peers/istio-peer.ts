import { spawnSync } from 'node:child_process'

/** Asks the program of tools/peers/istio, which calls Istio's own code: a request is an object, and so is its answer. */
export function askIstio<T>(program: string, requests: readonly object[]): T[] {
  const input = `${requests.map((each) => JSON.stringify(each)).join('\n')}\n`
  const { status, stdout, stderr } = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 30 })
  if (status !== 0) throw new Error(`the Istio peer ended with ${status}: ${stderr.slice(-500)}`)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}
