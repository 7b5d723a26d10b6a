// The HTTP client against a real kube-apiserver: the same promises as everywhere, and what only a real one can tell.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import type { KubeClient } from '../../src/kube/client/kube-client.js'
import { loadKubeconfig, resolveContext } from '../../src/kube/client/kubeconfig.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { describeKubeClient } from '../support/cases/kube-client-contract.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'

const started = await startRealApiServer()
if (typeof started === 'string') {
  test('the client against a real kube-apiserver', { skip: started }, () => {})
} else {
  const ports = createSystemClientPorts({ KUBECONFIG: started.kubeconfig })
  const { connection } = await resolveContext(await loadKubeconfig(ports), ports)
  const open = (): KubeClient => createHttpClient({ name: 'real', connection, ports })
  // The server makes the namespace `default` a moment after it says that it is ready.
  const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }
  const client = open()
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      await client.get({ type: namespaces, name: 'default' })
      break
    } catch (error) {
      if (!isNotFound(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  after(async () => {
    client.close()
    await started.stop()
  })

  describeKubeClient('real', open)

  describe('what is served', () => {
    let read: string[]
    before(async () => {
      const catalogue = await client.resources()
      read = catalogue.all.map((type) => `${type.group}/${type.version}/${type.plural}`)
      assert.equal(catalogue.forName('deploy')?.kind, 'Deployment')
      assert.ok(catalogue.forName('deployments')?.subresources?.includes('scale'))
      assert.equal(catalogue.forName('events')?.group, '')
    })
    test('aggregated and legacy discovery tell the same', async () => {
      const paths = await Promise.all(
        [...new Set(read.map((name) => name.split('/').slice(0, 2).join('/')))].map(async (groupVersion) => {
          const [group, version] = groupVersion.split('/')
          const path = group === '' ? `/api/${version}` : `/apis/${groupVersion}`
          const list = JSON.parse(await client.raw('GET', path, { accept: 'application/json' })) as {
            resources: { name: string }[]
          }
          return list.resources.filter(({ name }) => !name.includes('/')).map(({ name }) => `${groupVersion}/${name}`)
        }),
      )
      assert.deepEqual([...read].sort(), paths.flat().sort())
      assert.ok(read.length > 40)
    })
    test('metadata alone', async () => {
      const list = await client.list(namespaces, { metadataOnly: true })
      const item = list.items.find(({ metadata }) => metadata.name === 'default')
      assert.deepEqual([item?.apiVersion, item?.kind, item?.['spec']], ['v1', 'Namespace', undefined])
    })
  })
}
