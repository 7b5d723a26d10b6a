import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findPeer } from '../../support/peers/real-apiserver.js'
import { type ClientFleet, startClientFleet } from '../../support/worlds/client-fleet.js'

/** A chart with a CustomResourceDefinition, hooks, a test, a Deployment and values that break it. */
const chart: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: "4.5"\ndescription: a chart of tests\n',
  'values.yaml': 'replicas: 1\nimage: example.com/web:1\ncolor: blue\nhook: "0"\noutcome: ""\n',
  'crds/tool.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tools.charts.example.com}
spec:
  group: charts.example.com
  scope: Namespaced
  names: {plural: tools, singular: tool, kind: Tool, listKind: ToolList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {color: {type: string}, parts: {type: array, items: {type: string}}}}}}}
`,
  'templates/_helpers.tpl':
    '{{- define "web.labels" -}}\napp.kubernetes.io/name: {{ .Chart.Name }}\napp.kubernetes.io/instance: {{ .Release.Name }}\napp.kubernetes.io/managed-by: {{ .Release.Service }}\n{{- end }}\n',
  'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "web.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
      {{- if .Values.outcome }}
      annotations: {simulation.flotilla.dev/outcome: {{ .Values.outcome }}}
      {{- end }}
    spec:
      containers:
      - name: web
        image: {{ .Values.image }}
        ports: [{containerPort: 80, name: http}]
        env: [{name: COLOR, value: {{ .Values.color | quote }}}]
`,
  'templates/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {selector: {app: "{{ .Release.Name }}"}, ports: [{port: 80, targetPort: http}]}\n',
  'templates/config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata:\n  color: {{ .Values.color }}\n  revision: "{{ .Release.Revision }}"\n  found: "{{ with lookup "v1" "Namespace" "" "default" }}{{ .metadata.name }}{{ end }}"\n  kube: "{{ .Capabilities.KubeVersion.Minor }}"\n  batch: "{{ .Capabilities.APIVersions.Has "batch/v1/CronJob" }}"\n',
  'templates/tool.yaml':
    'apiVersion: charts.example.com/v1\nkind: Tool\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {color: {{ .Values.color }}, parts: [a, b]}\n',
  'templates/hook.yaml':
    'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: "{{ .Release.Name }}-before"\n  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}\nspec:\n  backoffLimit: 0\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: hook, image: example.com/hook:1}]\n',
  'templates/tests/test.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: "{{ .Release.Name }}-test"\n  annotations: {helm.sh/hook: test, simulation.flotilla.dev/run-for-seconds: "1", simulation.flotilla.dev/log: "tested"}\nspec:\n  restartPolicy: Never\n  containers: [{name: test, image: example.com/test:1}]\n',
  'templates/NOTES.txt': 'Web {{ .Release.Name }} is {{ .Values.color }}.\n',
}

for (const version of ['helm3', 'helm4'] as const) {
  const peer = findPeer(version)
  describe(`${version} against an embedded cluster`, { skip: 'reason' in peer ? peer.reason : false }, () => {
    let fleet: ClientFleet
    const helm = async (words: string, fails = false) => {
      const ran = await fleet.run('path' in peer ? peer.path : '', words, { fails })
      return fails ? ran.stderr + ran.stdout : ran.stdout
    }
    const kubectl = async (words: string) => (await fleet.run('kubectl', words)).stdout
    const isThree = version === 'helm3'
    const atomic = isThree ? '--atomic' : '--rollback-on-failure'

    before(async () => {
      fleet = await startClientFleet()
      for (const [path, text] of Object.entries(chart)) {
        mkdirSync(dirname(join(fleet.folder, 'web', path)), { recursive: true })
        fleet.write(join('web', path), text)
      }
    })
    after(() => fleet.stop())

    test('lints, templates and dry-runs against the server', async () => {
      assert.match(await helm('lint web'), /0 chart\(s\) failed/)
      assert.match(await helm('template demo web --validate').catch(() => helm('template demo web')), /kind: Deployment/)
      await kubectl('apply -f web/crds/tool.yaml')
      await kubectl('wait --for=condition=Established crd/tools.charts.example.com --timeout=20s')
      assert.match(await helm('install dry web --dry-run=server'), /found: "?default/)
      assert.equal(await kubectl('get all,tools -n default -o name'), 'service/kubernetes\n')
    })

    test('installs into a new namespace, waits, and says what it did', async () => {
      const said = await helm('install demo web -n apps --create-namespace --wait --timeout 60s')
      assert.match(said, /STATUS: deployed/)
      assert.match(said, /Web demo is blue\./)
      assert.equal(await kubectl('get deploy demo -n apps -o jsonpath={.status.readyReplicas}'), '1')
      const config = JSON.parse(await kubectl('get cm demo -n apps -o jsonpath={.data}'))
      assert.deepEqual(config, { color: 'blue', revision: '1', found: 'default', kube: '33', batch: 'true' })
      assert.equal(await kubectl('get tool demo -n apps -o jsonpath={.spec.color}'), 'blue')
      assert.equal(await kubectl('get job demo-before -n apps -o jsonpath={.status.succeeded}'), '1')
      assert.match(await kubectl('get secrets -n apps -l owner=helm -o name'), /sh\.helm\.release\.v1\.demo\.v1/)
      const managers = await kubectl(
        'get deploy demo -n apps --show-managed-fields -o jsonpath={.metadata.managedFields[0].manager}/{.metadata.managedFields[0].operation}',
      )
      assert.match(managers, isThree ? /^helm.*\/Update$/ : /^helm.*\/Apply$/)
    })

    test('lists, shows status, manifest, values, hooks, notes', async () => {
      const list = JSON.parse(await helm('list -A -o json'))
      assert.deepEqual(
        list.map((each: Record<string, string>) => [
          each['name'],
          each['namespace'],
          each['status'],
          each['chart'],
          each['app_version'],
        ]),
        [['demo', 'apps', 'deployed', 'web-1.2.3', '4.5']],
      )
      const status = JSON.parse(await helm('status demo -n apps -o json'))
      assert.equal(status.info.status, 'deployed')
      assert.match(await helm('get manifest demo -n apps'), /kind: Tool/)
      assert.match(await helm('get values demo -n apps --all'), /color: blue/)
      assert.match(await helm('get hooks demo -n apps'), /demo-before/)
      assert.match(await helm('get notes demo -n apps'), /Web demo is blue/)
      assert.match(await helm('get metadata demo -n apps'), /web/)
      assert.match(await helm(`status demo -n apps${isThree ? ' --show-resources' : ''}`), /Deployment/)
    })

    test('upgrades: objects change, the kind of patch is right, history grows', async () => {
      await kubectl('annotate deploy demo -n apps by=hand')
      await helm('upgrade demo web -n apps --set color=green,replicas=2 --wait --timeout 60s')
      assert.equal(await kubectl('get deploy demo -n apps -o jsonpath={.status.readyReplicas}'), '2')
      assert.equal(await kubectl('get deploy demo -n apps -o jsonpath={.metadata.annotations.by}'), 'hand')
      assert.equal(await kubectl('get tool demo -n apps -o jsonpath={.spec.color}'), 'green')
      await helm('upgrade --install demo web -n apps --reuse-values --set color=teal --wait --timeout 60s')
      const history = JSON.parse(await helm('history demo -n apps -o json'))
      assert.deepEqual(
        history.map((each: { revision: number; status: string }) => [each.revision, each.status]),
        [
          [1, 'superseded'],
          [2, 'superseded'],
          [3, 'deployed'],
        ],
      )
    })

    test('a conflict with another manager is a conflict for server-side apply only', async () => {
      await fleet.run('kubectl', 'scale deploy demo -n apps --replicas=4')
      if (isThree) await helm('upgrade demo web -n apps --reuse-values --set replicas=2')
      else {
        assert.match(await helm('upgrade demo web -n apps --reuse-values --set replicas=2', true), /conflict/)
        await helm('upgrade demo web -n apps --reuse-values --set replicas=2 --force-conflicts')
      }
      assert.equal(await kubectl('get deploy demo -n apps -o jsonpath={.spec.replicas}'), '2')
    })

    test('a failing upgrade is rolled back with --atomic; without it the release is failed', async () => {
      const before = await kubectl('get deploy demo -n apps -o jsonpath={.spec.template.spec.containers[0].image}')
      const text = await helm(
        `upgrade demo web -n apps --reuse-values --set image=example.com/web:broken ${atomic} --wait --timeout 8s`,
        true,
      )
      assert.match(text, /rolled back|atomic|rollback-on-failure/)
      assert.equal(await kubectl('get deploy demo -n apps -o jsonpath={.spec.template.spec.containers[0].image}'), before)
      assert.match(await helm('status demo -n apps'), /STATUS: deployed/)
      assert.match(
        await helm('upgrade demo web -n apps --reuse-values --set image=example.com/web:broken --wait --timeout 4s', true),
        /\S/,
      )
      assert.match(await helm('status demo -n apps'), /STATUS: failed/)
    })

    test('rolls back to a revision', async () => {
      assert.match(
        await helm(`rollback demo 1 -n apps --wait --timeout 60s${isThree ? '' : ' --force-conflicts'}`),
        /Rollback was a success/,
      )
      assert.equal(await kubectl('get cm demo -n apps -o jsonpath={.data.color}'), 'blue')
      assert.equal(await kubectl('get deploy demo -n apps -o jsonpath={.spec.replicas}'), '1')
    })

    test('runs the tests of a release, with their logs', async () => {
      const said = await helm('test demo -n apps --logs --timeout 60s')
      assert.match(said, /Phase:\s+Succeeded/)
      assert.match(said, /tested/)
    })

    test('refuses to take over what it does not own, and adopts it when told to', async () => {
      await fleet.run('kubectl', 'create cm mine -n apps')
      const refused = await helm('install mine web -n apps', true)
      assert.match(refused, /invalid ownership metadata/)
      await helm('install mine web -n apps --take-ownership --wait --timeout 60s')
      await helm('uninstall mine -n apps --wait --timeout 60s')
      assert.equal(await kubectl('get cm mine -n apps --ignore-not-found'), '')
    })

    test('uninstalls: everything of the chart goes, CustomResourceDefinitions stay', async () => {
      assert.match(await helm('uninstall demo -n apps --keep-history --wait --timeout 60s'), /release "demo" uninstalled/)
      assert.equal(await kubectl('get deploy,rs,svc,tools -n apps -o name'), '')
      // Hooks are not of the release.
      assert.match(await kubectl('get jobs -n apps -o name'), /demo-before/)
      assert.equal(
        await kubectl('get crd tools.charts.example.com -o name'),
        'customresourcedefinition.apiextensions.k8s.io/tools.charts.example.com\n',
      )
      assert.match(await helm('list -n apps --uninstalled'), /uninstalled/)
      await helm('uninstall demo -n apps')
      assert.equal((await kubectl('get secrets -n apps -l owner=helm -o name')).trim(), '')
    })

    const inputs = process.env.FLOTILLA_INPUTS
    for (const path of [
      'online-boutique/helm-chart',
      'argocd-example-apps/helm-guestbook',
      'fleet-examples/single-cluster/helm',
    ]) {
      test(`installs ${path}`, {
        skip: inputs ? false : 'FLOTILLA_INPUTS does not name a directory with fixtures/',
      }, async () => {
        const folder = join(inputs ?? '', 'fixtures', path)
        await helm(`install public ${folder} -n public --create-namespace --wait --timeout 100s`)
        assert.match(await helm('status public -n public'), /STATUS: deployed/)
        await helm(`upgrade public ${folder} -n public --wait --timeout 60s`)
        await helm('uninstall public -n public --wait --timeout 60s')
        assert.equal(await kubectl('get deploy,svc -n public -o name'), '')
      })
    }

    test('installs a starter chart, with autoscaling and an ingress', async () => {
      await helm('create starter')
      await helm(
        'install starter starter -n starter --create-namespace --set autoscaling.enabled=true,ingress.enabled=true --wait --timeout 60s',
      )
      assert.match(
        await kubectl('get hpa,ing,sa -n starter -o name'),
        /horizontalpodautoscaler\.autoscaling\/starter\ningress\.networking\.k8s\.io\/starter/,
      )
      await helm('uninstall starter -n starter --wait --timeout 60s')
    })
  })
}
