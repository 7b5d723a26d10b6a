import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ChartServer, startChartServer, startRegistry } from '../../../test/support/fakes/chart-server.js'
import { packChart } from '../../../test/support/fakes/pack-chart.js'
import { createChartInflation } from '../../delivery/render/kustomize/sources/chart-inflation.js'
import { createMemoryTree } from '../../delivery/render/memory-tree.js'
import { createRenderers } from '../../delivery/render/renderers.js'
import { createChartRepositories } from '../../delivery/source/helm/chart-repositories.js'
import { httpGet } from '../../delivery/source/helm/http-get.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { createChartPull, createHubChartPull } from './chart-pull.js'

const chart = (version: string) =>
  packChart('web', {
    'Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
    'values.yaml': 'a: 1\n',
    'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {version: {{ .Chart.Version | quote }}}\n',
  })
const advice = { authentication: () => '', certificate: '' }

async function withServer<T>(server: ChartServer, run: (server: ChartServer) => Promise<T>): Promise<T> {
  try {
    return await run(server)
  } finally {
    await server.close()
  }
}

test('a hub renders the charts of kustomizations with its own chart repositories, where that is switched on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-pull-'))
  const index = 'apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.2.0, urls: [web.tgz]}\n'
  const server = await startChartServer((path, { headers }) => {
    // Who writes a kustomization is not asked for what the hub's logins are.
    assert.equal(headers.authorization, undefined)
    return { body: path.endsWith('.tgz') ? chart('1.2.0') : index }
  })
  const charts = createChartRepositories({
    directory: folder,
    get: httpGet,
    clock: systemClock,
    credentials: () => ({ username: 'hub', password: 'secret' }),
    advice,
  })
  try {
    await withServer(server, async () => {
      const tree = createMemoryTree({
        'kustomization.yaml': `namePrefix: p-\nhelmCharts:\n- {name: web, repo: "${server.url}", version: ^1.0}\n`,
      })
      const helm = { clock: systemClock, random: systemRandom }
      const request = { tree, path: '', options: {}, target: { namespace: '' } }
      const [off] = createRenderers({ schemas: builtInSchemas, helm })
      await assert.rejects(off!.render(request), /must specify --enable-helm/)
      const [on] = createRenderers({
        schemas: builtInSchemas,
        helm,
        charts: createChartInflation(helm, createHubChartPull(charts)),
      })
      const { objects } = await on!.render(request)
      assert.deepEqual(objects, [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'p-web' }, data: { version: '1.2.0' } },
      ])
    })
  } finally {
    charts.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the command fetches from registries with the logins of helm, and says which chart cannot be had', async () => {
  const registry = await startRegistry({ charts: { 'charts/web:1.0.0': chart('1.0.0') } })
  await withServer(registry, async () => {
    const notices: string[] = []
    const pull = createChartPull({ HOME: '/nonexistent' }, (line) => notices.push(line))
    const { tree } = await pull({ repo: `oci://${registry.host}/charts`, name: 'web', version: '1.0.0' })
    assert.match(new TextDecoder().decode(await tree.read('Chart.yaml')), /version: 1\.0\.0/)
    assert.deepEqual(notices, [`Pulled: ${registry.host}/charts/web:1.0.0`])
    await assert.rejects(pull({ repo: registry.url, name: 'web', version: '' }), /is not a valid chart repository/)
  })
})
