import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

// What `flotilla service` tells of services that are not as their people think: of a fleet in which nobody offers anything,
// of exports that do not work, and of services whose clusters are gone.

const objects = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-own, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [{addresses: [10.1.0.1], conditions: {ready: true}}]
`
const exported = (name: string) => `apiVersion: multicluster.x-k8s.io/v1beta1
kind: ServiceExport
metadata: {name: ${name}, namespace: default}
`

describe('what people are told of services', () => {
  let fleet: RunningFleet
  before(async () => {
    fleet = await startRunningFleet({ clusters: 'east,west' })
  })
  after(() => fleet?.stop())

  test('where nobody offers anything: the clusters are known, and the Service that is not exported is told of', async () => {
    await fleet.kubectl('--context east apply -f -', { input: objects })
    const { stderr, failed } = await fleet.flotilla('service explain web --from west', { fails: true })
    assert.ok(failed)
    assert.match(stderr, /no cluster offers a service "web" to others\n {2}Service default\/web in east is not exported\n/)
    const own = await fleet.flotilla('explain service/web -n default --cluster east')
    assert.match(own.stdout, /^Service default\/web: Healthy$/m)
  })

  test('an export without a Service, and a zone that nothing is in', async () => {
    await fleet.kubectl('--context east apply -f -', { input: `${exported('web')}---\n${exported('wob')}` })
    await eventually(async () => {
      const { stderr } = await fleet.flotilla('service get default/wob', { fails: true })
      assert.match(stderr, /ServiceExport default\/wob in east: NoService: there is no Service default\/wob in east/)
    })
    const { stdout, stderr } = await fleet.flotilla('service explain web --from west/nowhere')
    assert.match(stdout, /^Imported: web\.default\.svc\.clusterset\.local at 127\./m)
    assert.match(stderr, /no node of west is in zone nowhere; there are \S+,/)
  })

  test('whose only cluster is gone: who offered it, since when nothing is known, and what is kept', async () => {
    await fleet.flotilla('chaos cluster stop east')
    await eventually(async () => {
      const { stdout } = await fleet.flotilla('service explain default/web --from west')
      assert.match(stdout, /^0 +100% +east .*10\.1\.0\.1:8080 +the cluster is lost: only when nobody else is left/m)
      assert.match(
        stdout,
        /Nobody who offers it can be read:\n {2}east, which answered last at 20.*, cannot be read \(.*\): west keeps the endpoints/,
      )
    })
    assert.match(
      (await fleet.flotilla('service list')).stdout,
      /^default +web +clusterset +http:80\/TCP +east +unknown +1 warning$/m,
    )
    assert.match((await fleet.flotilla('service get web')).stdout, /^east +what in-cluster was given +unknown /m)
    assert.match((await fleet.flotilla('explain service/web -n default')).stdout, /not known: nobody who offers it can be read/)
  })
})
