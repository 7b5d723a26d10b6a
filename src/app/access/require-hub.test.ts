import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '../../base/errors.js'
import { unreachable } from '../../kube/client/answer-errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { StatusError } from '../../kube/object/status-error.js'
import type { ChosenKubeconfig } from './choose-kubeconfig.js'
import { ofHub, requireHub } from './require-hub.js'

type Facts = Partial<Pick<ChosenKubeconfig, 'reaches' | 'isImplied' | 'context' | 'dataDirectory'>>

function chosen(facts: Facts): ChosenKubeconfig {
  const base = {
    context: 'us-east',
    dataDirectory: undefined,
    reaches: 'anything',
    isImplied: true,
    otherFleet: undefined,
  } as const
  const place = 'context us-east of /k (from $KUBECONFIG)'
  return { ...base, place, where: place, connect: () => Promise.reject(new Error()), ...facts }
}

const status = (reason: string, code: number) =>
  new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message: reason, code })

/** A cluster that answers whether it serves the kinds; `asked` counts. */
function cluster(answer: Error | undefined) {
  let asked = 0
  const client = {
    raw: async () => {
      asked++
      if (answer !== undefined) throw answer
      return '{}'
    },
  } as unknown as KubeClient
  return { client, asked: () => asked }
}

async function refusal(facts: Facts, answer: Error | undefined): Promise<unknown> {
  return requireHub(chosen(facts), cluster(answer).client).then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('a context that nobody named has to be a hub', async () => {
  const none = status('NotFound', 404)
  const error = await refusal({}, none)
  assert.ok(error instanceof CodedError)
  assert.equal(error.code, 'not-a-hub')
  assert.match(error.message, /^context us-east of \/k \(from \$KUBECONFIG\) reaches a cluster that is no hub/)
  assert.equal(await refusal({}, undefined), undefined)
  assert.equal(await refusal({}, status('Forbidden', 403)), undefined)
  const silent = unreachable('hub', 'connection refused at k:1')
  assert.equal(await refusal({}, silent), silent)
})

test('a member of a fleet is refused however it was named, unless it is the hub of others', async () => {
  const none = status('NotFound', 404)
  for (const isImplied of [true, false]) {
    const error = await refusal({ reaches: 'member', isImplied }, none)
    assert.ok(error instanceof CodedError)
    assert.match(error.message, /is a member of the fleet, not its hub$/)
    assert.match(error.fix ?? '', /--context hub/)
    assert.equal(await refusal({ reaches: 'member', isImplied }, undefined), undefined)
    assert.match(String(await refusal({ reaches: 'all-members', isImplied }, undefined)), /the API over all members/)
  }
})

test('a hub that is known, or that somebody named, costs no question', async () => {
  const silent = cluster(status('NotFound', 404))
  await requireHub(chosen({ reaches: 'hub' }), silent.client)
  await requireHub(chosen({ isImplied: false }), silent.client)
  assert.equal(silent.asked(), 0)
})

test('errors of the way to the hub say which context was taken; others are as they were', () => {
  const said = (error: unknown, facts: Facts = {}) => ofHub(error, chosen(facts)) as CodedError
  const refused = said(unreachable('hub', 'connection refused at k:1'), { reaches: 'hub', dataDirectory: '/fleet' })
  assert.deepEqual(
    [refused.code, refused.message, refused.fix],
    [
      'cluster-unreachable',
      'cluster hub: connection refused at k:1 (context us-east of /k (from $KUBECONFIG))',
      'See whether the fleet of /fleet runs (flotilla up).',
    ],
  )
  assert.equal(said(status('Unauthorized', 401)).message, 'Unauthorized (context us-east of /k (from $KUBECONFIG))')
  for (const error of [unreachable('us-east', 'away'), status('Conflict', 409), new Error('x')]) assert.equal(said(error), error)
})
