import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createWorld, type World } from '../../../../test/support/worlds/world.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound } from '../../../kube/object/status-error.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application, ApplicationStatus } from '../kinds/application.js'
import { applicationType, appProjectType } from '../kinds/resource-types.js'

const url = 'https://git.example/fleet'
const foreign = 'https://git.example/foreign'
const configMaps: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const definitions: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
}
const policies: ResourceType = { group: 'example.com', version: 'v1', kind: 'Policy', plural: 'policies', namespaced: false }
const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {x: "1"}\n`
const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n'

let world: World

before(async () => {
  world = await createWorld({ members: { east: {} } })
  const team: AppProject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'team', namespace: 'argocd' },
    spec: {
      sourceRepos: [url],
      destinations: [{ name: '*', namespace: '*' }],
      namespaceResourceBlacklist: [{ group: '', kind: 'Secret' }],
    },
  }
  await world.client('hub').create(appProjectType, team)
  await world.client('east').create(definitions, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'policies.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'policies', singular: 'policy', kind: 'Policy', listKind: 'PolicyList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  })
})
after(() => world.stop())

const settle = () => world.settle({ quietSeconds: 20, limitSeconds: 300 })
const exists = (type: ResourceType, name: string, namespace?: string) =>
  world
    .client('east')
    .get<KubeObject>({ type, name, ...(namespace ? { namespace } : {}) })
    .then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false
        throw error
      },
    )

/** An Application of the project, synced as asked, and what it says when all is quiet. */
async function deliver(name: string, files: Record<string, string>, more: Partial<Application> = {}): Promise<ApplicationStatus> {
  world.repositories.commit({
    url,
    files: Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])),
  })
  const object: Application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    ...more,
    spec: {
      project: 'team',
      destination: { name: 'east', namespace: name },
      source: { repoURL: url, path: name, targetRevision: 'main' },
      ...more.spec,
    },
  }
  await world.client('hub').create(applicationType, object)
  await settle()
  return (await world.client('hub').get<Application>({ type: applicationType, namespace: 'argocd', name })).status ?? {}
}

const operation = (sync: object) => ({
  operation: { sync: { syncOptions: ['CreateNamespace=true'], ...sync }, retry: { limit: 2, backoff: { duration: '2s' } } },
})

test('what the project forbids is refused by every retry as by the first attempt', async () => {
  const status = await deliver('retried', { 'a.yaml': map('a'), 's.yaml': secret }, operation({}))
  assert.equal(status.operationState?.phase, 'Failed')
  assert.equal(status.operationState?.retryCount, 2)
  assert.match(status.operationState?.message ?? '', /resource :Secret is not permitted in project team/)
  assert.equal(await exists(configMaps, 'a', 'retried'), false)
})

test('another revision is held to the project as well', async () => {
  const bad = world.repositories.commit({ url, files: { 'older/s.yaml': secret, 'older/a.yaml': map('a') } })
  const status = await deliver('older', { 's.yaml': map('b') }, operation({ revision: bad }))
  assert.equal(status.operationState?.phase, 'Failed')
  assert.match(status.operationState?.message ?? '', /not permitted in project/)
  assert.equal(await exists(configMaps, 'a', 'older'), false)
})

test('a sync from a repository that the project does not permit is refused', async () => {
  world.repositories.commit({ url: foreign, files: { 'x/a.yaml': map('a') } })
  const source = { repoURL: foreign, path: 'x', targetRevision: 'main' }
  const status = await deliver('elsewhere', { 'b.yaml': map('b') }, operation({ source }))
  assert.equal(status.operationState?.phase, 'Error')
  assert.match(status.operationState?.message ?? '', /application repo https:\/\/git.example\/foreign is not permitted/)
  assert.equal(await exists(configMaps, 'a', 'elsewhere'), false)
})

test('a namespace written into a cluster-scoped object does not make it permitted', async () => {
  const policy = 'apiVersion: example.com/v1\nkind: Policy\nmetadata: {name: open, namespace: disguised}\nspec: {allow: all}\n'
  const status = await deliver('disguised', { 'p.yaml': policy, 'a.yaml': map('a') }, operation({}))
  assert.equal(status.operationState?.phase, 'Failed')
  assert.match(status.operationState?.message ?? '', /resource example.com:Policy is not permitted in project team/)
  assert.equal(await exists(policies, 'open'), false)
  assert.equal(await exists(configMaps, 'a', 'disguised'), false)
})
