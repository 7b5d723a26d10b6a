import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { mcsCrds } from '../../src/dialects/mcs/crds.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { type ReadAnswer, readAnswer, sendTcp, sendUdp, typeNumbers, writeQuestion } from '../support/dns/dns-ask.js'
import { explainDifference, explainMessageDifference } from '../support/dns/dns-differences.js'
import { dnsMessages } from '../support/dns/dns-messages.js'
import { dnsNames, dnsObjects } from '../support/dns/dns-objects.js'
import { type DnsServer, host, startCoreDns, startOurNameServer } from '../support/dns/dns-peers.js'
import { findPeer } from '../support/peers/real-apiserver.js'
import { type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'
import { eventually } from '../support/worlds/running-fleet.js'

// Every name with every type, and messages of every kind, of our name server and of CoreDNS, which reads the same objects from
// the embedded API server. Differences are those of test/support/dns/dns-differences.ts, no more and no fewer.

const peer = findPeer('coredns')
const plurals: Record<string, string> = {
  CustomResourceDefinition: 'customresourcedefinitions',
  EndpointSlice: 'endpointslices',
  Namespace: 'namespaces',
  Service: 'services',
  ServiceImport: 'serviceimports',
}

async function create(api: EmbeddedApi, object: KubeObject): Promise<void> {
  const { apiVersion, kind, metadata } = object
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const place = metadata.namespace === undefined ? root : `${root}/namespaces/${metadata.namespace}`
  const { code, text } = await api.ask('POST', `${place}/${plurals[kind]}`, { body: object })
  assert.equal(code, 201, text)
}

describe('names as CoreDNS has them', { skip: 'reason' in peer ? `no CoreDNS: ${peer.reason}` : false, timeout: 120_000 }, () => {
  let api: EmbeddedApi
  let ours: DnsServer
  let theirs: DnsServer
  before(async () => {
    api = await startEmbeddedApi()
    for (const object of [...mcsCrds, ...dnsObjects]) await create(api, object)
    ours = await startOurNameServer(api, 30)
    const started = await startCoreDns(api)
    assert.ok(typeof started !== 'string', String(started))
    theirs = started
  })
  after(async () => {
    await theirs?.stop()
    await ours?.stop()
    await api?.close()
  })

  const both = async (ask: (port: number) => Promise<Buffer | undefined>): Promise<(ReadAnswer | undefined)[]> => {
    const answers = await Promise.all([ours.port, theirs.port].map(ask))
    return answers.map((answer) => answer && readAnswer(answer))
  }

  test('every name with every type, record by record', async (context) => {
    const unexplained: string[] = []
    const reasons = new Map<string, number>()
    let equal = 0
    for (const name of dnsNames) {
      for (const [type, number] of Object.entries(typeNumbers)) {
        const [own, other] = await both((port) => sendUdp(port, writeQuestion(name, number, { edns: { size: 4096 } })))
        if (JSON.stringify(own) === JSON.stringify(other)) equal++
        else {
          const reason = own && other && explainDifference({ type, name }, own, other)
          if (reason === undefined)
            unexplained.push(`${type} ${name}\n ours ${JSON.stringify(own)}\n theirs ${JSON.stringify(other)}`)
          else reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        }
      }
    }
    assert.deepEqual(unexplained, [])
    context.diagnostic(`${equal} answers equal; ${[...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ')}`)
    assert.deepEqual([...reasons.keys()].sort(), explainDifference.reasons, 'each listed difference is still one')
  })

  test('messages of every kind', async () => {
    const found: Record<string, string> = {}
    for (const { title, message } of dnsMessages) {
      for (const [way, send] of [
        ['udp', sendUdp],
        ['tcp', sendTcp],
      ] as const) {
        const compare = async (timeoutMs: number) => {
          const [own, other] = await both((port) => send(port, message, timeoutMs))
          return explainMessageDifference(title, way, own, other)
        }
        // Some are never answered. What one of the two has not answered on a busy machine, it has more time for.
        const reason = (await compare(700)) && (await compare(5000))
        if (reason !== undefined) found[`${title} ${way}`] = reason
      }
    }
    assert.deepEqual(found, {})
  })

  test('what changes shows in both', async () => {
    const name = 'late.shop.svc.cluster.local'
    const answersOf = async () =>
      (await both((port) => sendUdp(port, writeQuestion(name, typeNumbers.A)))).map((answer) => answer?.answers)
    assert.deepEqual(await answersOf(), [[], []])
    const spec = { clusterIP: '10.96.7.99', ports: [{ port: 80 }] }
    await create(api, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'late', namespace: 'shop' }, spec } as KubeObject)
    const there = [`${name} 30 A 10.96.7.99`]
    await eventually(async () => assert.deepEqual(await answersOf(), [there, there]), 10)
    await api.ask('DELETE', '/api/v1/namespaces/shop/services/late')
    await eventually(async () => assert.deepEqual(await answersOf(), [[], []]), 10)
  })

  const clients: Record<string, (port: number, name: string, type: string, options: string[]) => string[]> = {
    dig: (port, name, type, options) => ['-p', `${port}`, `@${host}`, name, type, '+tries=1', '+time=8', '+nostats', ...options],
    kdig: (port, name, type, options) => ['-p', `${port}`, `@${host}`, name, type, '+retry=0', '+time=8', ...options],
    nslookup: (port, name, type, options) => [`-port=${port}`, `-type=${type}`, '-timeout=8', ...options, `${name}.`, host],
  }
  const run = (program: string, args: readonly string[]) =>
    new Promise<string>((resolve) => execFile(program, args, (_error, stdout, stderr) => resolve(stdout + stderr)))
  /** What the client printed, without what differs from run to run. */
  const essence = (text: string, port: number) =>
    text
      .split('\n')
      .map((line) =>
        line
          .replace(/\s+/g, ' ')
          .replace(/\bid: \d+/, '')
          .replaceAll(`${port}`, 'PORT')
          .replace(/UDP size: \d+/, '')
          .trim(),
      )
      .filter(
        (line) =>
          line !== '' &&
          !/^; ?<<|^;; (Query time|WHEN|MSG SIZE|Received|From|Time|global|\(|Got|SERVER)|SOA|COOKIE|^; EDNS|^;; EDNS|udp:/.test(
            line,
          ),
      )
      .map((line) => line.replace(/\(\d+ servers? found\)/, ''))
      .sort()
      .join('\n')
  const asked = ['web A', 'db A', 'db AAAA', '_sql._tcp.db SRV', 'early SRV', 'alias A', 'gone A', 'web AAAA']
  const options = {
    dig: [
      [],
      ['+tcp'],
      ['+bufsize=512'],
      ['+noedns'],
      ['+cookie=0102030405060708'],
      ['+nocookie'],
      ['+ednsopt=100:abcd'],
      ['+norecurse'],
      ['+dnssec'],
    ],
    kdig: [
      [],
      ['+tcp'],
      ['+edns=0', '+bufsize=1232'],
      ['+nsid'],
      ['+cookie'],
      ['+norec'],
      ['+padding=64'],
      ['+subnet=192.0.2.0/24'],
    ],
    nslookup: [[], ['-vc']],
  }
  for (const [program, sets] of Object.entries(options)) {
    test(`${program} sees the same`, async (context) => {
      if ((await run(program, program === 'nslookup' ? ['-version'] : ['-v'])) === '')
        return context.skip(`${program} is not installed`)
      for (const [index, set] of sets.entries()) {
        // All names with the first options, some with the others.
        for (const each of index === 0 ? asked : asked.slice(0, 2)) {
          const [name = '', type = ''] = each.split(' ')
          const full = `${name}.shop.svc.cluster.local`
          const [own, other] = await Promise.all(
            [ours, theirs].map(async ({ port }) => essence(await run(program, clients[program]!(port, full, type, set)), port)),
          )
          assert.equal(own, other, `${program} ${each} ${set.join(' ')}`)
          assert.match(own!, /web|db|early|alias|gone/)
        }
      }
    })
  }
})
