using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>The forward DCT, the counterpart of <see cref="InverseDct"/>; results are eight times the coefficients.</summary>
internal static class ForwardDct
{
    private const int Fraction = 13;

    /// <summary>Transforms 8 by 8 samples, centered about zero, in place.</summary>
    /// <param name="precision">8 or 12: with more bits, fewer of a fraction fit between the passes.</param>
    public static void Transform(Span<int> block, int precision)
    {
        int between = precision > 8 ? 1 : 2;
        ref int values = ref MemoryMarshal.GetReference(block[..64]);
        InverseDct.Rows rows = default;
        for (int i = 0; i < 8; i++)
        {
            rows[i] = Vector256.LoadUnsafe(ref values, (nuint)(8 * i));
        }

        Pass(ref rows, left: between, right: Fraction - between, down: 0);
        InverseDct.Transpose(ref rows);
        Pass(ref rows, left: 0, right: Fraction + between, down: between);
        InverseDct.Transpose(ref rows);
        for (int i = 0; i < 8; i++)
        {
            rows[i].StoreUnsafe(ref values, (nuint)(8 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass(ref InverseDct.Rows r, int left, int right, int down)
    {
        Vector256<int> t0 = r[0] + r[7], t7 = r[0] - r[7], t1 = r[1] + r[6], t6 = r[1] - r[6];
        Vector256<int> t2 = r[2] + r[5], t5 = r[2] - r[5], t3 = r[3] + r[4], t4 = r[3] - r[4];
        Vector256<int> e0 = t0 + t3, e3 = t0 - t3, e1 = t1 + t2, e2 = t1 - t2;
        Vector256<int> half = Vector256.Create(down == 0 ? 0 : 1 << (down - 1)), round = Vector256.Create(1 << (right - 1));
        r[0] = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(e0 + e1, left) + half, down);
        r[4] = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(e0 - e1, left) + half, down);
        Vector256<int> z = (e2 + e3) * 4433;
        r[2] = Vector256.ShiftRightArithmetic(z + (e3 * 6270) + round, right);
        r[6] = Vector256.ShiftRightArithmetic(z - (e2 * 15137) + round, right);

        Vector256<int> z1 = t4 + t7, z2 = t5 + t6, z3 = t4 + t6, z4 = t5 + t7;
        Vector256<int> z5 = (z3 + z4) * 9633;
        z1 *= -7373;
        z2 *= -20995;
        z3 = (z3 * -16069) + z5;
        z4 = (z4 * -3196) + z5;
        r[7] = Vector256.ShiftRightArithmetic((t4 * 2446) + z1 + z3 + round, right);
        r[5] = Vector256.ShiftRightArithmetic((t5 * 16819) + z2 + z4 + round, right);
        r[3] = Vector256.ShiftRightArithmetic((t6 * 25172) + z2 + z3 + round, right);
        r[1] = Vector256.ShiftRightArithmetic((t7 * 12299) + z1 + z4 + round, right);
    }
}
