import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { type RealApiServer, startRealApiServer } from '../../support/peers/real-apiserver.js'
import { type ClientFleet, startClientFleet } from '../../support/worlds/client-fleet.js'
import { printedKinds, printedManifests } from './printed-manifests.js'

const missing = (() => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return false
  } catch {
    return 'kubectl is not installed'
  }
})()

/** The same objects in an embedded cluster and in a real kube-apiserver read the same in kubectl. */
describe('what kubectl prints', { skip: missing }, () => {
  let fleet: ClientFleet
  let real: RealApiServer | string

  before(async () => {
    real = await startRealApiServer()
    fleet = await startClientFleet()
    if (typeof real === 'string') return
    for (const kubeconfig of [fleet.kubeconfig, real.kubeconfig]) {
      const on = { env: { KUBECONFIG: kubeconfig } }
      await fleet.run('kubectl', 'create namespace printed', on)
      await fleet.run('kubectl', 'create serviceaccount none -n printed', on)
      await fleet.run('kubectl', 'apply -n printed -f -', { ...on, input: printedManifests })
    }
    await new Promise((done) => setTimeout(done, 1000))
  })
  after(async () => {
    await fleet.stop()
    if (typeof real !== 'string') await real.stop()
  })

  const same = async (words: string): Promise<string | undefined> => {
    if (typeof real === 'string') return undefined
    const texts = []
    for (const kubeconfig of [fleet.kubeconfig, real.kubeconfig]) {
      const ran = await fleet.run('kubectl', words, { env: { KUBECONFIG: kubeconfig } })
      texts.push(normalise(ran.stdout + ran.stderr))
    }
    try {
      assert.equal(texts[0], texts[1])
      return undefined
    } catch (error) {
      return `kubectl ${words}\n${(error as Error).message}`
    }
  }

  for (const form of ['describe', 'get -o wide', 'get -o yaml', 'get --show-labels']) {
    test(form, async (context) => {
      if (typeof real === 'string') return context.skip(real)
      const wrong = []
      for (const kind of printedKinds) {
        const [verb, ...flags] = form.split(' ')
        wrong.push(await same([verb, ...kind.split(' '), '-n', 'printed', ...flags].join(' ')))
      }
      const said = wrong.filter((each) => each !== undefined)
      assert.equal(said.length, 0, said.join('\n\n'))
    })
  }
})

/** Leaves out what no two clusters have in common. */
function normalise(text: string): string {
  return (
    text
      // kubectl goes through the data of a ConfigMap in Go's random order of maps.
      .replace(/(\nData\n====\n)([\s\S]*?)(?=\nBinaryData\n)/, (_, title: string, data: string) => {
        const entries = data.split(/^(?=\S+:\n----\n)/m).map((entry) => entry.trim())
        return `${title}${entries.sort().join('\n')}`
      })
      // kube-apiserver repairs Service addresses in the background and says so now and then.
      .replace(/Events:\n(?:.*\n){2}(?:.*ipallocator-repair-controller.*\n)+(?=\n|$)/g, 'Events:  <none>\n')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
      .replaceAll(
        /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000|"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"?/g,
        'TIME',
      )
      .replaceAll(/[Rr]esource ?[Vv]ersion: +"?\d+"?/g, 'RV')
      .replaceAll(/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, 'IP')
      .replaceAll(/\b\d+(ms|s)\b/g, 'AGO')
      .replaceAll(/flotilla-admin|\badmin\b/g, 'ADMIN')
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ').trimEnd())
      .join('\n')
  )
}
