import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  assertSyncedAndHealthy,
  eventually,
  explainMissingInputs,
  type RunningFleet,
  startRunningFleet,
} from '../support/worlds/running-fleet.js'

// The seeds are people's own documents: nothing in them is changed but the repository that they name.

const deployment = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: ${name}, image: 'nginx:1'}]}
`
const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`
const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec:
  rules:
  - host: api.invalid
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}
`
/** Files for the repository that the seed draws as a tree. */
function layoutFiles(drawing: string): Record<string, string> {
  const files: Record<string, string> = {}
  const path: string[] = []
  for (const line of drawing.split('\n')) {
    const found = /^([│├└─\s]*)([\w.-]+)(\/?)/.exec(line)
    if (!found || line.startsWith('gitops-repo')) continue
    const [, indent = '', name = '', isFolder = ''] = found
    path.length = indent.length / 4 - 1
    path.push(name)
    if (isFolder === '') files[path.join('/')] = contentOf(name)
  }
  files['apps/myapp/base/kustomization.yaml'] = kustomization('deployment.yaml', 'service.yaml')
  return files
}

function contentOf(name: string): string {
  if (name === 'deployment.yaml') return deployment('layout')
  if (name === 'service.yaml')
    return 'apiVersion: v1\nkind: Service\nmetadata: {name: layout}\nspec: {selector: {app: layout}, ports: [{port: 80}]}\n'
  return kustomization('../../base')
}

const kustomization = (...resources: string[]) => `resources: [${resources.join(', ')}]\n`

describe('the seeds of GitOps, as they are written', { skip: explainMissingInputs() }, () => {
  let fleet: RunningFleet
  let url: string
  before(async () => {
    fleet = await startRunningFleet({ clusters: 'us-east,eu-west,staging' })
    const overlay = (region: string) => ({
      [`platform/overlays/${region}/kustomization.yaml`]: `${kustomization('../../base')}namePrefix: ${region}-\n`,
    })
    url = fleet.repository('gitops', {
      files: {
        'platform/base/kustomization.yaml': kustomization('namespace.yaml', 'deployment.yaml'),
        'platform/base/namespace.yaml': namespace('platform'),
        'platform/base/deployment.yaml': deployment('agent'),
        ...overlay('us-east-1'),
        ...overlay('eu-west-1'),
        'apps/api-service/base/kustomization.yaml': kustomization('deployment.yaml', 'ingress.yaml'),
        'apps/api-service/base/deployment.yaml': deployment('api'),
        'apps/api-service/base/ingress.yaml': ingress,
        'apps/myapp/base/kustomization.yaml': kustomization('namespace.yaml', 'deployment.yaml'),
        'apps/myapp/base/namespace.yaml': namespace('myapp'),
        'apps/myapp/base/deployment.yaml': deployment('myapp'),
        'apps/myapp/overlays/production/kustomization.yaml': `${kustomization('../../base')}replicas: [{name: myapp, count: 2}]\n`,
        'apps/shop/config.json': '{"app": "shop", "replicas": 2}',
        'apps/shop/manifests/web.yaml': deployment('web'),
        'apps/blog/config.json': '{"app": "blog"}',
        'apps/blog/manifests/web.yaml': deployment('web'),
        'platform-services/namespace.yaml': namespace('platform-system'),
        'platform-services/service.yaml': deployment('registry'),
      },
    })
  })
  after(() => fleet?.stop())

  const seed = (name: string) =>
    readFileSync(join(process.env.FLOTILLA_INPUTS!, 'seeds', name), 'utf8').replace(/(repoURL: ).*$/gm, `$1${url}`)
  const conditionOf = async (set: string, type: string) =>
    (await fleet.applicationSet(set)).status?.conditions?.find((condition) => condition.type === type)
  const names = async () => (await fleet.applications()).map((app) => app.metadata.name).sort()
  const deployments = async (cluster: string, place: string) =>
    (await fleet.kubectl(`--context ${cluster} get deployments -n ${place} -o name`)).stdout.trim()

  test('000-01: a broken cluster Secret, no AppProject, no project: applied with warnings and told in conditions', async () => {
    const { stdout, stderr } = await fleet.kubectl('apply -f -', { input: seed('000-01-management-cluster-configuration.yaml') })
    assert.match(stdout, /secret\/cluster-us-east-production created/)
    assert.match(stdout, /applicationset.argoproj.io\/regional-apps created/)
    assert.match(
      stderr,
      /^Warning: .*cluster-us-east-production: config.tlsClientConfig.caData \(line 9, column 15\): is not base64/m,
    )
    assert.match(stderr, /^Warning: spec.template.spec.project: there is no AppProject platform in namespace argocd/m)
    assert.match(stderr, /^Warning: spec.template.spec.project is missing, .*write project: default$/m)
    await eventually(async () => {
      const failed = await conditionOf('platform-services', 'ErrorOccurred')
      assert.equal(failed?.status, 'True')
      assert.match(failed.message, /references project platform which does not exist \(and 2 more\)/)
      assert.match((await conditionOf('regional-apps', 'Warning'))?.message ?? '', /project is missing: 3 applications/)
      assert.deepEqual(await names(), ['api-eu-west', 'api-production-us-east', 'api-us-east'])
    })
    const broken = JSON.parse((await fleet.flotilla('cluster list -o json')).stdout) as {
      name: string
      health: string
      message: string
    }[]
    const cluster = broken.find((each) => each.name === 'production-us-east')
    assert.equal(cluster?.health, 'Degraded')
    assert.match(cluster.message, /caData .* is not base64/)
  })

  test('000-01: with the AppProject the platform arrives in each region, and the broken cluster harms no other', async () => {
    await fleet.kubectl('apply -f -', {
      input: `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: platform, namespace: argocd}
spec:
  sourceRepos: ['*']
  destinations: [{server: '*', namespace: '*'}]
  clusterResourceWhitelist: [{group: '*', kind: '*'}]
`,
    })
    await eventually(() => assertSyncedAndHealthy(fleet, ['platform-us-east', 'platform-eu-west']))
    assert.equal(await deployments('us-east', 'platform'), 'deployment.apps/us-east-1-agent')
    assert.equal(await deployments('eu-west', 'platform'), 'deployment.apps/eu-west-1-agent')
    assert.equal(await deployments('staging', 'platform'), '')
    assert.equal((await conditionOf('platform-services', 'ErrorOccurred'))?.status, 'False')
    await eventually(async () => {
      const application = await fleet.application('platform-production-us-east')
      assert.equal(application.status?.sync?.status, 'Unknown')
      assert.match(JSON.stringify(application.status?.conditions), /caData .*is not base64/)
    })
  })

  test('000-01: values of each cluster reach kustomize patches; without a sync policy a person syncs', async () => {
    for (const cluster of ['us-east', 'eu-west']) await fleet.kubectl(`--context ${cluster} create namespace production`)
    assert.equal((await fleet.application('api-us-east')).status?.sync?.status, 'OutOfSync')
    await fleet.flotilla('app sync api-us-east api-eu-west')
    await eventually(() => assertSyncedAndHealthy(fleet, ['api-us-east', 'api-eu-west']))
    const fact = async (cluster: string, what: string) =>
      (await fleet.kubectl(`--context ${cluster} -n production get ${what}`)).stdout
    assert.equal(await fact('us-east', 'deploy api -o jsonpath={.spec.replicas}'), '5')
    assert.equal(await fact('eu-west', 'deploy api -o jsonpath={.spec.replicas}'), '3')
    assert.equal(await fact('us-east', 'ingress api -o jsonpath={.spec.rules[0].host}'), 'api.us-east-1.example.com')
    assert.equal(await fact('eu-west', 'ingress api -o jsonpath={.spec.rules[0].host}'), 'api.eu-west-1.example.com')
  })

  test('001-01: a label that no cluster has is told with the one that was meant; labelled clusters get the application', async () => {
    const { stderr } = await fleet.kubectl('apply -f -', { input: seed('001-01-applicationset.yaml') })
    const meant =
      /matches none of the 4 clusters now: no cluster has the label environment: did you mean env=production \(.*us-east.*\)\?/
    assert.match(stderr, meant)
    await eventually(async () => assert.match((await conditionOf('myapp', 'Warning'))?.message ?? '', meant))
    for (const cluster of ['us-east', 'eu-west']) await fleet.flotilla(`cluster label ${cluster} environment=production`)
    await eventually(() => assertSyncedAndHealthy(fleet, ['myapp-us-east', 'myapp-eu-west']))
    assert.equal(await deployments('us-east', 'myapp'), 'deployment.apps/myapp')
    const replicas = await fleet.kubectl('--context eu-west -n myapp get deploy myapp -o jsonpath={.spec.replicas}')
    assert.equal(replicas.stdout, '2')
    assert.equal(await deployments('staging', 'myapp'), '')
    await eventually(async () => assert.equal(await conditionOf('myapp', 'Warning'), undefined))
  })

  test('001-01: a cluster that loses the label loses the application', async () => {
    await fleet.flotilla('cluster label eu-west environment-')
    await eventually(async () => assert.equal((await names()).includes('myapp-eu-west'), false))
    await eventually(async () => assert.equal(await deployments('eu-west', 'myapp'), ''))
    assert.equal(await deployments('us-east', 'myapp'), 'deployment.apps/myapp')
    await fleet.flotilla('cluster label eu-west environment=production')
    await eventually(() => assertSyncedAndHealthy(fleet, ['myapp-eu-west']))
  })

  test('002-02: another document takes over the ApplicationSet of that name; what it no longer makes goes', async () => {
    const { stdout, stderr } = await fleet.kubectl('apply -f -', { input: seed('002-02-applicationset.yaml') })
    assert.match(stdout, /platform-services configured/)
    assert.equal(stderr, '')
    const wanted = ['eu-west-platform-services', 'us-east-platform-services']
    await eventually(async () =>
      assert.deepEqual(
        (await names()).filter((name) => name.includes('platform')),
        wanted,
      ),
    )
    await eventually(async () => assert.equal(await deployments('us-east', 'platform'), ''))
    await eventually(async () => assert.equal((await fleet.application(wanted[0]!)).status?.sync?.status, 'OutOfSync'))
    await fleet.flotilla(`app sync ${wanted.join(' ')}`)
    await eventually(() => assertSyncedAndHealthy(fleet, wanted))
    assert.equal(await deployments('eu-west', 'platform-system'), 'deployment.apps/registry')
  })

  test('002-03: the matrix of clusters and files of a repository, in an ApplicationSet', async () => {
    const fragment = seed('002-03-matrix-generator-fragment.yaml').replace(/^/gm, '  ')
    const { stderr } = await fleet.kubectl('apply -f -', {
      input: `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: everything, namespace: argocd}
spec:
${fragment}
  template:
    metadata: {name: '{{app}}-on-{{name}}'}
    spec:
      project: default
      source: {repoURL: '${url}', targetRevision: main, path: '{{path}}/manifests'}
      destination: {server: '{{server}}', namespace: '{{path.basename}}'}
      syncPolicy: {automated: {}, syncOptions: [CreateNamespace=true]}
`,
    })
    assert.equal(stderr, '')
    const wanted = ['blog', 'shop'].flatMap((app) =>
      ['eu-west', 'in-cluster', 'staging', 'us-east'].map((name) => `${app}-on-${name}`),
    )
    await eventually(() => assertSyncedAndHealthy(fleet, wanted))
    assert.equal(await deployments('staging', 'shop'), 'deployment.apps/web')
    assert.equal(await deployments('us-east', 'blog'), 'deployment.apps/web')
    assert.ok((await names()).includes('shop-on-production-us-east'))
  })

  test('001-02: the layout of the repository: a path that it does not have is told with those that it has', async () => {
    const layout = fleet.repository('layout', { files: layoutFiles(seed('001-02-gitops-repo-layout.txt')) })
    const text = seed('001-01-applicationset.yaml')
      .replaceAll(url, layout)
      .replaceAll('myapp-', 'layout-')
      .replace('name: myapp', 'name: layout')
    await fleet.kubectl('apply -f -', { input: text })
    await eventually(async () => {
      const { status } = await fleet.application('layout-us-east')
      assert.match(
        JSON.stringify(status?.conditions),
        /apps\/myapp\/overlays\/production: app path does not exist \(apps\/myapp\/overlays has production-eu, production-us\)/,
      )
    })
    await fleet.kubectl('apply -f -', { input: text.replace('overlays/production', 'overlays/production-eu') })
    await eventually(() => assertSyncedAndHealthy(fleet, ['layout-us-east', 'layout-eu-west']))
    await fleet.kubectl('delete applicationset layout -n argocd')
    // The namespace is shared with the Application that came before it, and its Deployment is of the same name.
    await eventually(async () => assert.equal((await names()).includes('layout-us-east'), false))
  })

  test('all of it again: nothing changes', async () => {
    const generations = async () =>
      (await fleet.applications()).map((app) => `${app.metadata.name} ${app.metadata.generation} ${app.metadata.uid}`)
    const first = await generations()
    for (const name of ['001-01-applicationset.yaml', '002-02-applicationset.yaml']) {
      const { stdout } = await fleet.kubectl('apply -f -', { input: seed(name) })
      assert.match(stdout, /^applicationset.argoproj.io\/\S+ unchanged$/m)
    }
    assert.deepEqual(await generations(), first)
  })
})
