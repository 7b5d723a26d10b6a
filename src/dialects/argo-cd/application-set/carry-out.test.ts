import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../../test/support/fakes/fake-kube-client.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { Application } from '../kinds/application.js'
import { applicationType } from '../kinds/resource-types.js'
import { carryOut } from './carry-out.js'
import type { ApplicationSetDecision } from './decide-application-set.js'

function application(name: string): Application {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: { project: 'default', destination: { name: 'east' } },
  }
}

async function renamed() {
  const hub = new FakeKubeClient({ types: [applicationType] })
  const old = await hub.create(applicationType, application('old'))
  const decision: ApplicationSetDecision = {
    create: [application('new')],
    update: [],
    delete: [{ application: old, dropsResourcesFinalizer: false }],
    invalid: [],
    hold: undefined,
    warnings: [],
    conditions: [],
  }
  const names = () => hub.all(applicationType).map((each) => each.metadata.name)
  const run = () => carryOut(decision, { hub, fieldManager: 'test', signal: new AbortController().signal, event: () => {} })
  return { hub, names, run }
}

test('what takes the place of an application is there before it goes', async () => {
  const { names, run, hub } = await renamed()
  const done = await run()
  assert.deepEqual(names(), ['new'])
  assert.equal(done.outdated, false)
  const verbs = hub.requests.map((request) => request.verb)
  assert.deepEqual(verbs, ['create', 'create', 'delete'])
})

test('nothing is deleted after a write that failed', async () => {
  const { names, run, hub } = await renamed()
  hub.intercept = (request) => {
    if (request.verb === 'create')
      throw statusErrors.forbidden({ resource: 'applications', group: 'argoproj.io', name: 'new' }, 'no')
  }
  const done = await run()
  assert.deepEqual(names(), ['old'])
  assert.equal(done.failures.length, 1)
})

test('nothing is deleted on a decision that turns out to be out of date', async () => {
  const { names, run, hub } = await renamed()
  hub.intercept = (request) => {
    if (request.verb === 'create')
      throw statusErrors.alreadyExists({ resource: 'applications', group: 'argoproj.io', name: 'new' })
  }
  const done = await run()
  assert.deepEqual(names(), ['old'])
  assert.equal(done.outdated, true)
})
