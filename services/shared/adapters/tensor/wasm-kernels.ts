/** What tfjs's wasm backend lacks for training: the sum behind the gradient of a gather, and fast products of transposed matrices. */
import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { sizeOf } from '../../learning/tensor/check-shapes.ts';

const backendName = 'wasm';

/** Once a process, before the first training. */
export function registerWasmKernels(): void {
  if (getKernel('UnsortedSegmentSum', backendName) !== undefined) return;
  registerKernel({ kernelName: 'UnsortedSegmentSum', backendName, kernelFunc: unsortedSegmentSum });
  const product = getKernel('BatchMatMul', backendName);
  const transpose = getKernel('Transpose', backendName);
  unregisterKernel('BatchMatMul', backendName);
  registerKernel({ ...product, kernelFunc: untransposed(product, transpose) });
}

interface SegmentInputs extends NamedTensorInfoMap {
  readonly x: TensorInfo;
  readonly segmentIds: TensorInfo;
}

/** Row s of the result is the sum of the rows of x whose segment is s; rows of a segment out of range count nowhere. */
const unsortedSegmentSum: KernelFunc = ({ inputs, attrs, backend }) => {
  const wasm = backend as BackendWasm;
  const { x, segmentIds } = inputs as SegmentInputs;
  const segments = Number(attrs?.['numSegments']);
  const inner = x.shape.slice(1);
  const width = sizeOf(inner);
  const out = wasm.makeOutput([segments, ...inner], x.dtype);
  // Views of the heap, taken after the last allocation, which may move it.
  const [sums, rows, ids] = [
    wasm.typedArrayFromHeap(out),
    wasm.typedArrayFromHeap(x),
    wasm.typedArrayFromHeap(segmentIds),
  ];
  sums.fill(0);
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row]!;
    if (segment >= 0 && segment < segments)
      addRow(sums, segment * width, rows.subarray(row * width, (row + 1) * width));
  }
  return out;
};

type Values = ReturnType<BackendWasm['typedArrayFromHeap']>;

function addRow(sums: Values, start: number, row: Values): void {
  for (let at = 0; at < row.length; at++) sums[start + at] = sums[start + at]! + row[at]!;
}

interface ProductInputs extends NamedTensorInfoMap {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

/** The library multiplies plain matrices ten times as fast as transposed ones, so these are turned first. */
function untransposed(product: KernelConfig, transpose: KernelConfig): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { a, b } = inputs as ProductInputs;
    const turned: TensorInfo[] = [];
    const turn = (x: TensorInfo, asked: unknown): TensorInfo => {
      if (asked !== true) return x;
      const made = transpose.kernelFunc({ inputs: { x }, attrs: { perm: lastTwoSwapped(x.shape.length) }, backend });
      turned.push(made as TensorInfo);
      return made as TensorInfo;
    };
    const plain = { a: turn(a, attrs?.['transposeA']), b: turn(b, attrs?.['transposeB']) };
    const out = product.kernelFunc({ inputs: plain, attrs: { transposeA: false, transposeB: false }, backend });
    for (const { dataId } of turned) (backend as BackendWasm).disposeData(dataId);
    return out;
  };
}

function lastTwoSwapped(rank: number): number[] {
  return [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
}
