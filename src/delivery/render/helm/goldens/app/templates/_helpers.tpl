{{/* Names */}}
{{- define "app.fullname" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "app.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}
{{- define "cache.name" -}}overridden by the parent{{- end -}}
{{- define "recurse" -}}{{ if gt (int .) 0 }}{{ . }},{{ include "recurse" (sub . 1) }}{{ end }}{{- end -}}
