import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ChartServer, digestOf, startChartServer, startRegistry } from '../../../../test/support/fakes/chart-server.js'
import { packChart } from '../../../../test/support/fakes/pack-chart.js'
import { createSeededRandom } from '../../../base/random.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { createRenderCache } from '../../../delivery/render/render-cache.js'
import { createRenderers } from '../../../delivery/render/renderers.js'
import { createChartRepositories } from '../../../delivery/source/helm/chart-repositories.js'
import { httpGet } from '../../../delivery/source/helm/http-get.js'
import { createMemoryRepositories } from '../../../delivery/source/memory-repositories.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import type { ApplicationSource } from '../kinds/application.js'
import { findChartCredentials } from '../repository-secret/chart-credentials.js'
import { argoRepositoryAdvice } from '../repository-secret/repository-advice.js'
import { decideSources } from './decide-sources.js'
import { renderSources } from './render-sources.js'

const directory = mkdtempSync(join(tmpdir(), 'flotilla-charts-'))
const servers: ChartServer[] = []
after(async () => {
  rmSync(directory, { recursive: true, force: true })
  await Promise.all(servers.map((server) => server.close()))
})

const chart = (version: string) =>
  packChart('web', {
    'Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
    'values.yaml': 'color: blue\n',
    'values-dark.yaml': 'color: black\n',
    'templates/map.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata: {version: "{{ .Chart.Version }}", color: "{{ .Values.color }}"}\n',
  })

function secret(data: Record<string, string>, type = 'repository'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: data['url']!, namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': type } },
    stringData: data,
  }
}

async function renderWith(secrets: readonly KubeObject[], sources: readonly ApplicationSource[], revisions?: readonly string[]) {
  const clock = new VirtualClock({ idle: async () => {} })
  const repositories = createMemoryRepositories({ clock })
  repositories.commit({ url: 'https://git.test/values', files: { 'envs/red.yaml': 'color: red\n' } })
  const charts = createChartRepositories({
    directory,
    get: httpGet,
    clock,
    credentials: (url) => findChartCredentials(secrets, url),
    advice: argoRepositoryAdvice,
  })
  const renderers = createRenderers({ schemas: builtInSchemas, helm: { clock: { now: () => 0 }, random: createSeededRandom(1) } })
  const rendered = await renderSources(
    { repositories, charts, renderers, cache: createRenderCache({ maxEntries: 10 }) },
    sources,
    { releaseName: 'shop', target: { namespace: 'shop' } },
    revisions === undefined ? {} : { revisions },
  )
  return { ...rendered, data: rendered.objects.map((object) => object['data']) }
}

test('a chart of an HTTP repository, by constraint, with values of the chart and of another source', async () => {
  const versions = ['1.0.0', '1.4.0', '2.0.0']
  const server = await startChartServer((path) => {
    const version = /web-(.*)\.tgz$/.exec(path)?.[1]
    if (version !== undefined) return { body: chart(version) }
    const entries = versions.map(
      (each) => `  - {name: web, version: ${each}, digest: ${digestOf(chart(each))}, urls: [web-${each}.tgz]}\n`,
    )
    return { body: `apiVersion: v1\nentries:\n  web:\n${entries.join('')}` }
  })
  servers.push(server)
  const source = { repoURL: server.url, chart: 'web', targetRevision: '1.x' }
  const plain = await renderWith([], [source])
  assert.deepEqual([plain.revisions, plain.types, plain.data], [['1.4.0'], ['Helm'], [{ version: '1.4.0', color: 'blue' }]])
  const dark = await renderWith([], [{ ...source, helm: { valueFiles: ['values-dark.yaml'] } }])
  assert.deepEqual(dark.data, [{ version: '1.4.0', color: 'black' }])
  const values = { repoURL: 'https://git.test/values', ref: 'values', targetRevision: 'main' }
  const red = await renderWith([], [{ ...source, helm: { valueFiles: ['$values/envs/red.yaml'] } }, values])
  assert.deepEqual(red.data, [{ version: '1.4.0', color: 'red' }])
  // A sync to a version of the history.
  assert.deepEqual((await renderWith([], [source], ['1.0.0'])).data, [{ version: '1.0.0', color: 'blue' }])
  await assert.rejects(
    renderWith([], [{ ...source, targetRevision: '^7' }]),
    /failed to generate manifest for source 1 of 1: chart "web" of http:.* has no version that matches "\^7" among 3/,
  )
})

test('a chart of a registry, with the credentials of its Secret or of a prefix', async () => {
  const server = await startRegistry({ charts: { 'team/charts/web:1.2.0': chart('1.2.0') }, password: 'pw' })
  servers.push(server)
  const url = `${server.host}/team/charts`
  const source = { repoURL: url, chart: 'web', targetRevision: '*' }
  const own = secret({ type: 'helm', url, enableOCI: 'true', insecureOCIForceHttp: 'true', username: 'robot', password: 'pw' })
  assert.deepEqual((await renderWith([own], [source])).revisions, ['1.2.0'])
  const bare = secret({ type: 'helm', url, enableOCI: 'true', insecureOCIForceHttp: 'true' })
  const prefix = secret({ type: 'helm', url: server.host, username: 'robot', password: 'pw' }, 'repo-creds')
  assert.deepEqual((await renderWith([prefix, bare], [source])).revisions, ['1.2.0'])
  const whole = { repoURL: `oci://${url}/web`, path: '.', targetRevision: '1.2.0' }
  const force = secret({ type: 'oci', url: `oci://${url}/web`, insecureOCIForceHttp: 'true' })
  assert.deepEqual((await renderWith([prefix, force], [whole])).data, [{ version: '1.2.0', color: 'blue' }])
  await assert.rejects(renderWith([bare], [source]), /authentication required for/)
})

test('Secrets of Git repositories are none of chart repositories, and hosts do not mix', () => {
  const git = secret({ type: 'git', url: 'https://charts.test/a', username: 'u', password: 'p' })
  const helm = secret({ type: 'helm', url: 'https://charts.test/b', username: 'u', password: 'p' }, 'repo-creds')
  assert.equal(findChartCredentials([git, helm], 'https://charts.test/a'), undefined)
  assert.equal(findChartCredentials([git, helm], 'https://charts.test/better'), undefined)
  assert.equal(findChartCredentials([git, helm], 'https://charts.test.evil/b'), undefined)
  assert.equal(findChartCredentials([git, helm], 'https://Charts.test/b/c/')?.username, 'u')
})

test('a chart needs a revision', () => {
  assert.deepEqual(decideSources({ source: { repoURL: 'https://charts.test', chart: 'web' } }), {
    problem: 'spec.source.targetRevision is required if the manifest source is a helm chart',
  })
})
