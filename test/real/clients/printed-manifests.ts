/** What is compared, each as kubectl names it: objects that no controller changes. */
export const printedKinds = [
  'configmap texts',
  'secret opaque',
  'serviceaccount robot',
  'role reader',
  'rolebinding reader',
  'clusterrole printed-reader',
  'clusterrolebinding printed-reader',
  'limitrange limits',
  'priorityclass printed',
  'storageclass printed',
  'ingressclass printed',
  'networkpolicy some',
  'runtimeclass printed',
  'csidriver printed.example.com',
  'mutatingwebhookconfiguration printed',
  'validatingwebhookconfiguration printed',
  'validatingadmissionpolicybinding printed',
  'lease one',
  'flowschema printed',
  'prioritylevelconfiguration printed',
  'endpointslice slice',
  'service plain',
  'service external',
  'service headless',
  'podtemplate template',
  'controllerrevision revision',
  'pod waiting',
  'event happened',
  'endpoints old',
]

export const printedManifests = `
apiVersion: v1
kind: ConfigMap
metadata: {name: texts, labels: {a: b}, annotations: {note: "some\\nlines"}}
data: {one: "1", file.txt: "line\\nline\\n"}
binaryData: {bytes: AAEC}
---
apiVersion: v1
kind: Secret
metadata: {name: opaque}
stringData: {password: hidden}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
secrets: [{name: opaque}]
imagePullSecrets: [{name: pull}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: ["", apps], resources: [pods, deployments], verbs: [get, list]}, {apiGroups: [""], resources: [secrets], resourceNames: [a], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}, {kind: ServiceAccount, name: robot, namespace: printed}, {kind: Group, name: devs, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: printed-reader}
rules: [{nonResourceURLs: [/metrics], verbs: [get]}, {apiGroups: [""], resources: [nodes], verbs: [watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: printed-reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: printed-reader}
subjects: [{kind: Group, name: devs, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, max: {cpu: "2"}, min: {cpu: 10m}, default: {cpu: 500m}, defaultRequest: {cpu: 100m}}]}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: printed}
value: 7
description: for tests
preemptionPolicy: Never
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: printed}
provisioner: printed.example.com
parameters: {type: fast}
allowVolumeExpansion: true
mountOptions: [ro]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: printed}
spec: {controller: example.com/none, parameters: {apiGroup: k8s.example.com, kind: P, name: p}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: some}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{namespaceSelector: {matchLabels: {x: "y"}}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 80}, {port: http, protocol: UDP}]}]
  egress: [{}]
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: printed}
handler: kata
overhead: {podFixed: {cpu: 10m}}
---
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: printed.example.com}
spec: {attachRequired: false, podInfoOnMount: true}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: printed}
webhooks:
- name: a.example.com
  clientConfig: {service: {name: hook, namespace: printed, path: /x}}
  rules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [things]}]
  sideEffects: None
  admissionReviewVersions: [v1]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: printed}
webhooks:
- name: a.example.com
  clientConfig: {url: "https://hook.example.com/x"}
  rules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [things]}]
  sideEffects: None
  admissionReviewVersions: [v1]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: printed}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [daemonsets]}]}
  validations: [{expression: "object.metadata.name != 'x'"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: printed}
spec: {policyName: printed, validationActions: [Warn]}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: one}
spec: {holderIdentity: me, leaseDurationSeconds: 30}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: printed}
spec: {type: Limited, limited: {nominalConcurrencyShares: 7, limitResponse: {type: Queue, queuing: {queues: 8, handSize: 2, queueLengthLimit: 5}}}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: printed}
spec:
  priorityLevelConfiguration: {name: printed}
  matchingPrecedence: 900
  rules: [{subjects: [{kind: User, user: {name: nobody}}], resourceRules: [{apiGroups: [""], resources: [pods], verbs: [get], namespaces: ["*"]}]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: slice, labels: {kubernetes.io/service-name: other}}
addressType: IPv4
endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}, nodeName: n1, zone: z}, {addresses: [10.1.2.4], conditions: {ready: false}}]
ports: [{name: http, port: 80, protocol: TCP, appProtocol: http}]
---
apiVersion: v1
kind: Service
metadata: {name: plain}
spec: {ports: [{name: http, port: 80, targetPort: web}, {name: dns, port: 53, protocol: UDP}], sessionAffinity: ClientIP}
---
apiVersion: v1
kind: Service
metadata: {name: external}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, ports: [{port: 80}], publishNotReadyAddresses: true}
---
apiVersion: v1
kind: PodTemplate
metadata: {name: template}
template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}
---
apiVersion: apps/v1
kind: ControllerRevision
metadata: {name: revision}
revision: 3
data: {spec: {x: 1}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaler}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: none}
  minReplicas: 2
  maxReplicas: 5
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}, {type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: "30"}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 60, policies: [{type: Pods, value: 1, periodSeconds: 30}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: waiting, labels: {app: w}, annotations: {x: "y"}}
spec:
  schedulerName: nobody
  serviceAccountName: none
  automountServiceAccountToken: false
  nodeSelector: {disk: ssd}
  tolerations: [{key: k, operator: Exists}]
  initContainers: [{name: init, image: "busybox:1", command: [sh, -c, "exit 0"]}, {name: side, image: "busybox:1", restartPolicy: Always}]
  containers:
  - name: main
    image: nginx:1.28
    args: [-x, "multi\\nline"]
    ports: [{containerPort: 80, name: web}, {containerPort: 53, protocol: UDP, hostPort: 5353}]
    env: [{name: A, value: b}, {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: S, valueFrom: {secretKeyRef: {name: opaque, key: password, optional: true}}}, {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]
    envFrom: [{configMapRef: {name: texts}}, {prefix: P_, secretRef: {name: opaque}}]
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: "1", memory: 128Mi}}
    livenessProbe: {httpGet: {path: /healthz, port: web}, periodSeconds: 5}
    readinessProbe: {exec: {command: [cat, /ready]}}
    startupProbe: {tcpSocket: {port: 80}, failureThreshold: 30}
    volumeMounts: [{name: data, mountPath: /data, subPath: x}, {name: conf, mountPath: /conf, readOnly: true}]
  volumes: [{name: data, emptyDir: {medium: Memory, sizeLimit: 1Mi}}, {name: conf, configMap: {name: texts, items: [{key: one, path: "1"}]}}, {name: sec, secret: {secretName: opaque, optional: true}}, {name: host, hostPath: {path: /x, type: DirectoryOrCreate}}, {name: claim, persistentVolumeClaim: {claimName: c}}, {name: down, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}]
  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: w}}}]
  readinessGates: [{conditionType: example.com/ok}]
---
apiVersion: v1
kind: Event
metadata: {name: happened}
involvedObject: {kind: ConfigMap, namespace: printed, name: texts, apiVersion: v1}
reason: Happened
message: it did
type: Normal
source: {component: tests}
firstTimestamp: "2026-01-01T00:00:00Z"
lastTimestamp: "2026-01-01T00:00:00Z"
count: 3
---
apiVersion: v1
kind: Endpoints
metadata: {name: old, labels: {endpointslice.kubernetes.io/skip-mirror: "true"}}
subsets: [{addresses: [{ip: 10.1.1.1}], notReadyAddresses: [{ip: 10.1.1.2}], ports: [{port: 80, name: http}]}]
`
