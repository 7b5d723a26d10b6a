import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  assertSyncedAndHealthy,
  eventually,
  explainMissingInputs,
  type RunningFleet,
  startRunningFleet,
} from '../support/worlds/running-fleet.js'

// Public example repositories, as they are, on three members.

const members = ['asia', 'europe', 'us']
const inputs = process.env.FLOTILLA_INPUTS ?? ''

/** What a component does to the base, as a member shows it: arguments of kubectl get, and its answer. */
const expectations: Readonly<Record<string, readonly [string, RegExp]>> = {
  'container-images-registry': ['deploy redis-cart -o jsonpath={..image}', /^CONTAINER_IMAGES_REGISTRY\/redis:alpine/],
  'custom-base-url': ['deploy frontend -o jsonpath={..livenessProbe.httpGet.path}', /^\/online-boutique\/_healthz$/],
  memorystore: ['deploy redis-cart --ignore-not-found', /^$/],
  'network-policies': ['netpol -o name', /(networkpolicy\S+\s+){13}/],
  'non-public-frontend': ['service frontend-external --ignore-not-found', /^$/],
  'without-loadgenerator': ['deploy loadgenerator --ignore-not-found', /^$/],
}
const lacksIstio =
  /could not find networking\.istio\.io\/VirtualService for requested resource frontend\. Make sure the \\"VirtualService\\" CRD is installed/

describe('public examples on three members', { skip: explainMissingInputs() }, () => {
  let fleet: RunningFleet
  let url: string
  const components = explainMissingInputs()
    ? []
    : readdirSync(join(inputs, 'fixtures/online-boutique/kustomize/components')).sort()

  before(async () => {
    fleet = await startRunningFleet({ clusters: members.join() })
    const overlays = components.map((component) => [
      `boutique/${component}/kustomization.yaml`,
      `resources: [../../online-boutique/base]\ncomponents: [../../online-boutique/components/${component}]\n`,
    ])
    url = fleet.repository('examples', {
      folders: {
        '.': join(inputs, 'fixtures/argocd-example-apps'),
        'online-boutique': join(inputs, 'fixtures/online-boutique/kustomize'),
        'online-boutique-dev': join(inputs, 'fixtures/online-boutique/kubernetes-manifests'),
        fleet: join(inputs, 'fixtures/fleet-examples'),
        flux: join(inputs, 'fixtures/flux2-kustomize-helm-example'),
      },
      files: Object.fromEntries(overlays),
    })
  })
  after(() => fleet?.stop())

  /** An ApplicationSet that puts each path on every member, in a namespace named after the path; gives the Applications' names. */
  async function deploy(set: string, paths: readonly string[], prefix = ''): Promise<string[]> {
    const elements = paths.map((path) => `            - {path: '${prefix}${path}', example: '${path}'}`)
    const { stderr } = await fleet.kubectl('apply -f -', {
      input: `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: ${set}, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: ['missingkey=error']
  generators:
    - matrix:
        generators:
        - list:
            elements:
${elements.join('\n')}
        - clusters: {selector: {matchExpressions: [{key: env, operator: Exists}]}}
  template:
    metadata: {name: '{{.example}}-{{.name}}'}
    spec:
      project: default
      source: {repoURL: '${url}', targetRevision: main, path: '{{.path}}'}
      destination: {server: '{{.server}}', namespace: '{{.example}}'}
      syncPolicy:
        automated: {prune: true, selfHeal: true}
        syncOptions: [CreateNamespace=true]
`,
    })
    assert.equal(stderr, '')
    const names = paths.flatMap((path) => members.map((member) => `${path}-${member}`))
    await eventually(async () => {
      const present = new Set((await fleet.applications()).map((app) => app.metadata.name))
      assert.deepEqual(
        names.filter((name) => !present.has(name)),
        [],
      )
    })
    return names
  }
  const names = async (cluster: string, namespace: string, kinds: string) =>
    (await fleet.kubectl(`--context ${cluster} get ${kinds} -n ${namespace} -o name`)).stdout.trim().split('\n').sort()

  test('guestbook and kustomize-guestbook', async () => {
    await eventually(async () => assertSyncedAndHealthy(fleet, await deploy('guestbooks', ['guestbook', 'kustomize-guestbook'])))
    for (const member of members) {
      assert.deepEqual(await names(member, 'guestbook', 'deploy,svc'), ['deployment.apps/guestbook-ui', 'service/guestbook-ui'])
      assert.deepEqual(await names(member, 'kustomize-guestbook', 'deploy,svc'), [
        'deployment.apps/kustomize-guestbook-ui',
        'service/kustomize-guestbook-ui',
      ])
    }
  })

  test('sync-waves, pre-post-sync, helm-hooks, sock-shop: hooks run in their order', async () => {
    const apps = await deploy('waves', ['sync-waves', 'pre-post-sync', 'helm-hooks', 'sock-shop'])
    await eventually(() => assertSyncedAndHealthy(fleet, apps), 120)
    for (const member of members) {
      const application = await fleet.application(`sync-waves-${member}`)
      const rows = application.status?.operationState?.syncResult?.resources ?? []
      const hooks = rows.flatMap((row) => (row.hookType ? [`${row.hookType} ${row.name.slice(0, 13)} ${row.hookPhase}`] : []))
      assert.deepEqual(hooks, ['PreSync upgrade-sql-s Succeeded', 'Sync maint-page-up Succeeded', 'Sync maint-page-do Succeeded'])
      assert.deepEqual(await names(member, 'sync-waves', 'rs,svc'), [
        'replicaset.apps/backend',
        'replicaset.apps/frontend',
        'service/backend',
        'service/frontend',
      ])
    }
  })

  test('charts are rendered; one whose parts are missing, or that wants kinds that nobody has, says so', async () => {
    const apps = await deploy('charts', ['helm-guestbook', 'helm-dependency', 'blue-green', 'apps'])
    await eventually(async () => {
      for (const name of apps) {
        const { status } = await fleet.application(name)
        if (name.startsWith('helm-guestbook')) assert.equal(status?.sync?.status, 'Synced', name)
        else if (name.startsWith('helm-dependency')) {
          assert.equal(status?.sync?.status, 'Unknown', name)
          assert.match(JSON.stringify(status?.conditions), /found in Chart\.yaml, but missing in charts/)
        } else assert.notEqual(status?.sync?.status, 'Unknown', `${name}: ${JSON.stringify(status?.conditions)}`)
      }
    })
  })

  test('online-boutique: the base', async () => {
    const apps = await deploy('boutique', ['online-boutique', 'online-boutique-dev'])
    await eventually(() => assertSyncedAndHealthy(fleet, apps), 120)
    for (const member of members) {
      const found = await names(member, 'online-boutique', 'deploy')
      assert.equal(found.length, 12, found.join())
    }
  })

  const tests = ['memorystore-with-all-components', 'service-mesh-istio-with-all-components', 'spanner-with-all-components']
  for (const component of [...components, ...tests]) {
    test(`online-boutique: ${component}`, async () => {
      const prefix = tests.includes(component) ? 'online-boutique/tests/' : 'boutique/'
      const apps = await deploy(`boutique-${component}`, [component], prefix)
      if (component.startsWith('service-mesh-istio')) {
        await eventually(async () => {
          for (const name of apps) assert.match(JSON.stringify((await fleet.application(name)).status), lacksIstio)
        })
      } else {
        await eventually(() => assertSyncedAndHealthy(fleet, apps))
        const expected = expectations[component]
        if (expected) {
          const shown = await fleet.kubectl(`--context europe -n ${component} get ${expected[0]}`)
          assert.match(shown.stdout + shown.stderr, expected[1])
        }
      }
      await fleet.kubectl(`delete applicationset boutique-${component} -n argocd`)
    })
  }
  test('fleet-examples: plain manifests everywhere, an overlay for each member by its label', async () => {
    const overlays = { asia: 'dev', europe: 'test', us: 'prod' }
    for (const [member, overlay] of Object.entries(overlays)) await fleet.flotilla(`cluster label ${member} overlay=${overlay}`)
    const paths = ['simple', 'multi-cluster/kustomize/overlays/{{ .metadata.labels.overlay }}']
    for (const [index, path] of paths.entries()) {
      const { stderr } = await fleet.kubectl('apply -f -', {
        input: `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: rancher-${index}, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - clusters: {selector: {matchExpressions: [{key: overlay, operator: In, values: [dev, test, prod]}]}}
  template:
    metadata: {name: 'rancher-${index}-{{ .name }}'}
    spec:
      project: default
      source: {repoURL: '${url}', path: 'fleet/${path}'}
      destination: {name: '{{ .name }}', namespace: 'rancher-${index}'}
      syncPolicy: {automated: {}, syncOptions: [CreateNamespace=true]}
`,
      })
      assert.equal(stderr, '')
    }
    await eventually(() =>
      assertSyncedAndHealthy(
        fleet,
        members.flatMap((member) => [`rancher-0-${member}`, `rancher-1-${member}`]),
      ),
    )
    const fact = async (cluster: string, what: string) =>
      (await fleet.kubectl(`--context ${cluster} -n rancher-1 get ${what}`)).stdout
    assert.equal(await fact('asia', 'deploy redis-slave -o jsonpath={.spec.replicas}'), '0')
    assert.equal(await fact('asia', 'service redis-slave -o jsonpath={.spec.selector.role}'), 'master')
    assert.equal(await fact('europe', 'service frontend -o jsonpath={.spec.type}'), 'NodePort')
    assert.equal(await fact('us', 'service frontend -o jsonpath={.spec.type}'), 'LoadBalancer')
    assert.equal(await fact('us', 'deploy frontend -o jsonpath={.spec.replicas}'), '3')
    for (const index of [0, 1]) await fleet.kubectl(`delete applicationset rancher-${index} -n argocd`)
  })

  test('flux2-kustomize-helm-example: kinds that members do not have are named', async () => {
    const apps = await deploy('flux', ['staging', 'production'], 'flux/apps/')
    await eventually(async () => {
      for (const name of apps) {
        const text = (await fleet.application(name)).status?.operationState?.message ?? ''
        assert.match(text, /could not find helm\.toolkit\.fluxcd\.io\/HelmRelease for requested resource podinfo/)
      }
    })
    await fleet.kubectl('delete applicationset flux -n argocd')
  })

  test('what is deleted goes from every member, and nothing else', async () => {
    await eventually(async () => {
      const left = (await fleet.applications())
        .map((app) => app.metadata.name)
        .filter((name) => /^(alloydb|network|spanner|rancher|production)/.test(name))
      assert.deepEqual(left, [])
      for (const member of members) {
        const { stdout } = await fleet.kubectl(
          `--context ${member} get deploy,netpol -A -o custom-columns=NS:.metadata.namespace --no-headers`,
        )
        assert.deepEqual([...new Set(stdout.trim().split('\n'))].sort(), [
          'guestbook',
          'helm-guestbook',
          'kustomize-guestbook',
          'online-boutique',
          'online-boutique-dev',
          'pre-post-sync',
          'sock-shop',
        ])
      }
    })
  })
})
