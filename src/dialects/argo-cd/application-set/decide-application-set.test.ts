import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApplicationSet, testPorts } from '../../../../test/support/cases/application-set-facts.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSet } from '../kinds/application-set.js'
import { type ApplicationSetDecision, type ApplicationSetPolicy, decideApplicationSet } from './decide-application-set.js'
import { generateApplications } from './generate-applications.js'
import { confirmShrinkAnnotation } from './shrink-guard.js'
import type { ApplicationChecks } from './validate-applications.js'

const now = Date.UTC(2026, 0, 1)
const checks: ApplicationChecks = {
  projectExists: (name) => name === 'default' || name === 'p',
  explainDestination: ({ name }) => (name === 'gone' ? 'there is no cluster named gone' : undefined),
}

function set(names: readonly string[], more = '', metadata: Partial<ApplicationSet['metadata']> = {}): ApplicationSet {
  const elements = names.map((name) => `{id: ${name}}`).join(', ')
  return testApplicationSet(
    `
goTemplate: true
generators: [{list: {elements: [${elements}]}}]
template:
  metadata: {name: "{{ .id }}", labels: {app: "{{ .id }}"}}
  spec: {project: p, source: {repoURL: x, path: apps, targetRevision: main}, destination: {name: east}}
${more}`,
    metadata,
  )
}

async function decide(
  appSet: ApplicationSet,
  existing: readonly Application[] = [],
  policy: ApplicationSetPolicy = {},
): Promise<ApplicationSetDecision> {
  const generated = await generateApplications(appSet, testPorts())
  return decideApplicationSet({ appSet, generated, existing, checks, now, policy })
}

/** The applications that an ApplicationSet creates, as they are afterwards. */
async function created(appSet: ApplicationSet): Promise<Application[]> {
  return (await decide(appSet)).create.map((application) => ({
    ...application,
    metadata: { ...application.metadata, uid: `uid-${application.metadata.name}` },
  }))
}

const nameOf = ({ metadata }: Application) => metadata.name
const condition = ({ conditions }: ApplicationSetDecision, type: string) =>
  conditions.find((candidate) => candidate.type === type)

test('creates what is missing, owned by the ApplicationSet, then has nothing more to do', async () => {
  const first = await decide(set(['a', 'b']))
  assert.deepEqual(first.create.map(nameOf), ['a', 'b'])
  assert.deepEqual(first.create[0]!.metadata.ownerReferences, [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      name: 'set',
      uid: 'uid-of-set',
      controller: true,
      blockOwnerDeletion: true,
    },
  ])
  assert.deepEqual(condition(first, 'ResourcesUpToDate'), {
    type: 'ResourcesUpToDate',
    status: 'True',
    reason: 'ApplicationSetUpToDate',
    message: 'All applications have been generated successfully',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  })
  const second = await decide(set(['a', 'b']), await created(set(['a', 'b'])))
  assert.deepEqual([second.create, second.update, second.delete], [[], [], []])
})

test('an error in any generator changes nothing at all', async () => {
  const broken = set(['a'])
  broken.spec.generators.push({ git: { repoURL: 'https://gone', directories: [{ path: '*' }] } })
  const decision = await decide(broken, await created(set(['a', 'b', 'c'])))
  assert.deepEqual([decision.create, decision.update, decision.delete], [[], [], []])
  assert.equal(condition(decision, 'ErrorOccurred')?.status, 'True')
  assert.equal(condition(decision, 'ErrorOccurred')?.reason, 'ApplicationGenerationFromParamsError')
  assert.equal(condition(decision, 'ParametersGenerated')?.status, 'False')
  assert.equal(condition(decision, 'ResourcesUpToDate')?.status, 'False')
})

test('updates the spec, labels and annotations of what is there, and says how', async () => {
  const [live] = await created(set(['a']))
  const changed = set(['a'])
  changed.spec.template.spec.source!.targetRevision = 'v2'
  const decision = await decide(changed, [live!])
  assert.deepEqual(
    decision.update.map(({ patch }) => patch),
    [{ spec: { source: { targetRevision: 'v2' } } }],
  )
  assert.equal(decision.update[0]!.desired.spec.source!.targetRevision, 'v2')
  const strayed = { ...live!, metadata: { ...live!.metadata, labels: { app: 'a', stray: '1' }, annotations: { stray: '2' } } }
  assert.deepEqual((await decide(set(['a']), [strayed])).update[0]!.patch, {
    metadata: { labels: { stray: null }, annotations: null },
  })
})

test('keeps status and operation of a live application, and what only defaults differ in', async () => {
  const [live] = await created(set(['a']))
  const running: Application = { ...live!, status: { health: { status: 'Healthy' } }, operation: { sync: {} } }
  running.spec = { ...running.spec, source: { ...running.spec.source!, kustomize: {}, helm: {} }, syncPolicy: {} }
  assert.deepEqual((await decide(set(['a']), [running])).update, [])
})

test('preserved fields and the annotations of other controllers stay', async () => {
  const appSet = set(['a'], 'preservedFields: {annotations: [keep], labels: [team]}')
  const [live] = await created(appSet)
  const annotations = { keep: '1', 'argocd.argoproj.io/refresh': 'normal', 'notified.notifications.argoproj.io': 'x', drop: '1' }
  const finalizers = [...live!.metadata.finalizers!, 'post-delete-finalizer.argocd.argoproj.io/cleanup']
  const changed = { ...live!, metadata: { ...live!.metadata, annotations, finalizers, labels: { app: 'a', team: 'blue' } } }
  const { update } = await decide(appSet, [changed])
  assert.deepEqual(update[0]!.patch, { metadata: { annotations: { drop: null } } })
})

test('ignored differences stay, by pointer, by path and by name', async () => {
  const rules = `ignoreApplicationDifferences:
  - jsonPointers: [/spec/syncPolicy]
  - jqPathExpressions: [.spec.source.targetRevision]
  - {name: b, jsonPointers: [/spec/source/path]}`
  const appSet = set(['a', 'b'], rules)
  const live = (await created(appSet)).map((application) => ({
    ...application,
    spec: {
      ...application.spec,
      syncPolicy: { automated: {} },
      source: { ...application.spec.source!, targetRevision: 'hot', path: 'other' },
    },
  }))
  const { update } = await decide(appSet, live)
  assert.deepEqual(
    update.map(({ live: { metadata }, patch }) => [metadata.name, patch]),
    [['a', { spec: { source: { path: 'apps' } } }]],
  )
  assert.equal(update[0]!.desired.spec.source!.targetRevision, 'hot')
})

test('a rule that is not understood ignores nothing and is told', async () => {
  const decision = await decide(set(['a'], 'ignoreApplicationDifferences: [{jqPathExpressions: ["[.spec | to_entries[]]"]}]'))
  assert.equal(condition(decision, 'Unsupported')?.status, 'True')
  assert.match(condition(decision, 'Unsupported')!.message, /ignoreApplicationDifferences\[0\]\.jqPathExpressions: the jq path/)
})

test('an application that cannot work is reported, and neither created nor deleted', async () => {
  const appSet = set(['a', 'b'])
  const existing = await created(appSet)
  appSet.spec.template.spec.destination = { name: '{{ if eq .id "a" }}gone{{ else }}east{{ end }}', namespace: 'new' }
  const decision = await decide(appSet, existing)
  assert.deepEqual(decision.invalid, [
    { name: 'a', message: 'application a destination spec is invalid: there is no cluster named gone' },
  ])
  assert.deepEqual(
    decision.update.map(({ live }) => nameOf(live)),
    ['b'],
  )
  assert.deepEqual(decision.delete, [])
  assert.equal(condition(decision, 'ErrorOccurred')?.reason, 'ApplicationValidationError')
  assert.equal(condition(decision, 'ParametersGenerated')?.status, 'True')
})

test('names: twice, none, or no DNS name', async () => {
  const decision = await decide(set(['a', 'a', '""', 'Not_DNS']))
  assert.deepEqual(decision.create.map(nameOf), ['a'])
  assert.deepEqual(
    decision.invalid.map(({ name }) => name),
    ['a', '', 'Not_DNS'],
  )
  assert.match(decision.invalid[0]!.message, /duplicate name: a/)
})

test('a project that is missing from the template is the default one, with a warning; one that does not exist is an error', async () => {
  const lenient = set(['a'])
  delete lenient.spec.template.spec.project
  const decision = await decide(lenient)
  assert.equal(decision.create[0]!.spec.project, 'default')
  assert.match(
    condition(decision, 'Warning')!.message,
    /spec\.template\.spec\.project is missing: 1 applications go to the project default/,
  )
  const unknown = set(['a'])
  unknown.spec.template.spec.project = 'nowhere'
  assert.match((await decide(unknown)).invalid[0]!.message, /references project nowhere which does not exist/)
})

test('an application of another owner is left alone, one without an owner is taken over', async () => {
  const [live] = await created(set(['a']))
  const other = {
    ...live!,
    metadata: { ...live!.metadata, ownerReferences: [{ ...live!.metadata.ownerReferences![0]!, name: 'other', uid: 'else' }] },
  }
  const decision = await decide(set(['a']), [other])
  assert.match(decision.invalid[0]!.message, /application a already belongs to ApplicationSet other/)
  assert.deepEqual([decision.update, decision.delete], [[], []])
  const { ownerReferences: _, ...free } = live!.metadata
  const taken = await decide(set(['a']), [{ ...live!, metadata: free }])
  assert.equal(taken.update[0]!.desired.metadata.ownerReferences![0]!.uid, 'uid-of-set')
})

test('deletes what is not generated any more; a cluster that is gone takes the finalizer along', async () => {
  const existing = await created(set(['a', 'b', 'c']))
  existing[2] = { ...existing[2]!, spec: { ...existing[2]!.spec, destination: { name: 'gone' } } }
  const decision = await decide(set(['a']), existing)
  assert.deepEqual(
    decision.delete.map(({ application, dropsResourcesFinalizer }) => [nameOf(application), dropsResourcesFinalizer]),
    [
      ['b', false],
      ['c', true],
    ],
  )
})

test('applicationsSync says what may happen, unless the policy of the controller does', async () => {
  const existing = await created(set(['a', 'b']))
  const acts = async (sync: string, policy: ApplicationSetPolicy = {}) => {
    const appSet = set(['a', 'new'], `syncPolicy: {applicationsSync: ${sync}}`)
    appSet.spec.template.spec.source!.path = 'changed'
    const decision = await decide(appSet, existing, policy)
    return [decision.create.length, decision.update.length, decision.delete.length].join()
  }
  assert.equal(await acts('create-only'), '1,0,0')
  assert.equal(await acts('create-update'), '1,1,0')
  assert.equal(await acts('create-delete'), '1,0,1')
  assert.equal(await acts('sync'), '1,1,1')
  assert.equal(await acts('sync', { applicationsSync: 'create-only', overridable: false }), '1,0,0')
  assert.equal(await acts('create-update', { applicationsSync: 'sync' }), '1,1,0')
})

test('a shrink of more than half, and more than three, is held until exactly it is confirmed', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  const existing = await created(set(names))
  assert.equal((await decide(set(['a', 'b', 'c', 'd']), existing)).hold, undefined)
  assert.equal((await decide(set([]), existing.slice(0, 3))).hold, undefined)

  const shrunk = set(['a', 'b', 'c', 'new'])
  shrunk.spec.template.spec.source!.path = 'changed'
  const held = await decide(shrunk, existing)
  assert.deepEqual([held.create.length, held.update.length, held.delete.length], [0, 3, 0])
  assert.match(held.hold!.message, /5 of 8 applications would be deleted \(d, e, f, g, h\)/)
  assert.equal(condition(held, 'ErrorOccurred')?.reason, 'ShrinkHeld')
  assert.equal(condition(held, 'ResourcesUpToDate')?.status, 'False')

  const confirm = (value: string) => ({
    ...shrunk,
    metadata: { ...shrunk.metadata, annotations: { [confirmShrinkAnnotation]: value } },
  })
  const confirmed = await decide(confirm(held.hold!.confirmation), existing)
  assert.deepEqual([confirmed.hold, confirmed.create.length, confirmed.delete.length], [undefined, 1, 5])
  assert.notEqual((await decide(confirm('true'), existing)).hold, undefined)

  // The same names, made anew, are other objects: the old confirmation is spent.
  const anew = existing.map((application) => ({
    ...application,
    metadata: { ...application.metadata, uid: `new-${application.metadata.uid}` },
  }))
  assert.notEqual((await decide(confirm(held.hold!.confirmation), anew)).hold, undefined)
  // So is it for a shrink that takes more.
  const more = confirm(held.hold!.confirmation)
  assert.notEqual((await decide({ ...more, spec: set(['a']).spec }, existing)).hold, undefined)
})

test('applications that are going already neither count nor change', async () => {
  const existing = await created(set(['a', 'b']))
  const going = existing.map((application) => ({
    ...application,
    metadata: { ...application.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
  }))
  const changed = set(['a'])
  changed.spec.template.spec.source!.path = 'changed'
  const decision = await decide(changed, going)
  assert.deepEqual([decision.create, decision.update, decision.delete], [[], [], []])
})

test('the time of a condition stays while it says the same; conditions of others stay', async () => {
  const appSet = set(['a'])
  const other = { type: 'RolloutProgressing', status: 'False', reason: 'x', message: 'y' } as const
  const before = { ...condition(await decide(appSet), 'ResourcesUpToDate')!, lastTransitionTime: '2025-01-01T00:00:00Z' }
  const decision = await decide({ ...appSet, status: { conditions: [other, before] } })
  assert.equal(condition(decision, 'ResourcesUpToDate')?.lastTransitionTime, '2025-01-01T00:00:00Z')
  assert.equal(condition(decision, 'ErrorOccurred')?.lastTransitionTime, '2026-01-01T00:00:00Z')
  assert.deepEqual(condition(decision, 'RolloutProgressing'), other)
})
