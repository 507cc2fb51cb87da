using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>A context of regular mode (ISO/IEC 14495-1 A.6).</summary>
/// <remarks>Nothing here branches on what a sample is: nobody foresees noise, and a wrong guess costs more than all of the arithmetic.</remarks>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct JpegLsContext
{
    public int A, B, C, N;

    /// <summary>The Golomb parameter (A.5.1) of <see cref="A"/> and <see cref="N"/>.</summary>
    public int K;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(int error, int step, int reset)
    {
        int mask = error >> 31, a = A + ((error ^ mask) - mask), b = B + (error * step), n = N;
        if (n == reset)
        {
            a >>= 1;
            b >>= 1;
            n >>= 1;
        }

        A = a;
        N = ++n;
        K = JpegLsModel.Golomb(n, a);
        // All bits set where the sum of errors has left -n + 1 to 0 (A.6.2).
        int below = (b + n - 1) >> 31, above = -b >> 31;
        b += (n & below) - (n & above);
        B = JpegLsModel.Least(JpegLsModel.Greatest(b, 1 - n), 0);
        C = JpegLsModel.Least(JpegLsModel.Greatest(C + below - above, -128), 127);
    }
}

/// <summary>A context of run interruption (A.7.2).</summary>
internal struct RunContext
{
    public int A, N, Negatives;

    public void Update(int error, int mapped, int type, int reset)
    {
        Negatives += error < 0 ? 1 : 0;
        A += (mapped + 1 - type) >> 1;
        if (N == reset)
        {
            A >>= 1;
            N >>= 1;
            Negatives >>= 1;
        }

        N++;
    }
}

/// <summary>What decoder and encoder share: contexts, the quantization of gradients, prediction. Kept per thread.</summary>
internal sealed class JpegLsModel
{
    private JpegLsParameters _quantized;
    private sbyte[] _levels = [];

    /// <summary>The orders of run lengths (A.2.1, J).</summary>
    public static ReadOnlySpan<byte> RunOrders => [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    public JpegLsParameters Parameters { get; private set; }

    /// <summary>By 81 Q1 + 9 Q2 + Q3, made positive.</summary>
    public JpegLsContext[] Contexts { get; } = new JpegLsContext[365];

    public RunContext[] Runs { get; } = new RunContext[2];

    /// <summary>RUNindex of each component.</summary>
    public int[] RunIndices { get; } = new int[4];

    /// <summary>The quantized gradient (A.3.3), at <see cref="Parameters"/>.Maximum plus the gradient.</summary>
    public sbyte[] Levels => _levels;

    /// <summary>Begins a scan.</summary>
    public void Begin(JpegLsParameters parameters)
    {
        Parameters = parameters;
        int a = Math.Max(2, (parameters.Range + 32) >> 6);
        Contexts.AsSpan().Fill(new JpegLsContext { A = a, N = 1, K = Golomb(1, a) });
        Runs.AsSpan().Fill(new RunContext { A = a, N = 1 });
        Array.Clear(RunIndices);
        if (_quantized == parameters)
        {
            return;
        }

        if (_levels.Length < (2 * parameters.Maximum) + 1)
        {
            _levels = new sbyte[(2 * parameters.Maximum) + 1];
        }

        for (int gradient = 0; gradient <= parameters.Maximum; gradient++)
        {
            sbyte level = (sbyte)(gradient >= parameters.T3 ? 4 : gradient >= parameters.T2 ? 3 : gradient >= parameters.T1 ? 2 : gradient > parameters.Near ? 1 : 0);
            _levels[parameters.Maximum + gradient] = level;
            _levels[parameters.Maximum - gradient] = (sbyte)-level;
        }

        _quantized = parameters;
    }

    /// <summary>The smallest k with n shifted by it not less than a; 16 bits are the most there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Golomb(int n, int a)
    {
        // Both orders of magnitude tell it to within one, without a loop that is hard to foresee.
        int k = Greatest(BitOperations.LeadingZeroCount((uint)n) - BitOperations.LeadingZeroCount((uint)a), 0);
        k += (int)((uint)((n << k) - a) >> 31);
        return Least(k, 16);
    }

    /// <summary>The median edge detector (A.4.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Predict(int a, int b, int c)
    {
        int difference = a - b, lower = difference & difference >> 31;
        return Least(Greatest(a + b - c, b + lower), a - lower);
    }

    /// <summary>The lesser of two numbers whose difference has 31 bits, without a branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Least(int a, int b)
    {
        int difference = a - b;
        return b + (difference & difference >> 31);
    }

    /// <summary>The greater one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Greatest(int a, int b)
    {
        int difference = a - b;
        return a - (difference & difference >> 31);
    }
}
