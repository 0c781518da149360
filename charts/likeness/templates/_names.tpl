{{/* Name of everything of this release. */}}
{{- define "likeness.name" -}}
{{- if contains "likeness" .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}-operator
{{- else -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}-likeness-operator
{{- end -}}
{{- end -}}

{{/* What never changes in a pod of the operator. */}}
{{- define "likeness.selector" -}}
app.kubernetes.io/name: likeness
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "likeness.labels" -}}
{{ include "likeness.selector" . }}
app.kubernetes.io/part-of: likeness
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Of a map with repository, tag and digest; the tag is by default the version of the chart. */}}
{{- define "likeness.image" -}}
{{- $image := .image -}}
{{- if $image.digest -}}
{{ printf "%s@%s" $image.repository $image.digest }}
{{- else -}}
{{ printf "%s:%s" $image.repository (default .version $image.tag) }}
{{- end -}}
{{- end -}}

{{/* Of trainings that need tensors: on processors, and on GPUs. */}}
{{- define "likeness.trainerImage" -}}
{{ include "likeness.image" (dict "image" .Values.trainerImage "version" .Chart.AppVersion) }}
{{- end -}}

{{- define "likeness.trainerGpuImage" -}}
{{ include "likeness.image" (dict "image" .Values.trainerGpuImage "version" (printf "%s-gpu" .Chart.AppVersion)) }}
{{- end -}}

{{- define "likeness.subject" -}}
kind: ServiceAccount
name: {{ include "likeness.name" . }}
namespace: {{ .Release.Namespace }}
{{- end -}}
