using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>The bytes that the MQ encoder puts out. The first place is not part of them: a carry never gets that far.</summary>
internal sealed class MqOutput
{
    private byte[] _bytes = new byte[8 * 1024];
    private int _at;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(1, _at);

    public void Begin() => (_at, _bytes[0]) = (0, 0);

    /// <summary>BYTEOUT of annex C.2.7: the code register without what was put out, and above its 32 bits how many bits can follow.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public ulong Put(uint code)
    {
        if (_at + 2 > _bytes.Length)
        {
            Array.Resize(ref _bytes, 2 * _bytes.Length);
        }

        if (_bytes[_at] != 0xff)
        {
            if (code >= 0x8000000)
            {
                // The carry; a byte that becomes FF is followed by seven bits.
                code &= 0x7ffffff;
                if (++_bytes[_at] == 0xff)
                {
                    _bytes[++_at] = (byte)(code >> 20);
                    return (code & 0xfffff) | (7ul << 32);
                }
            }

            _bytes[++_at] = (byte)(code >> 19);
            return (code & 0x7ffff) | (8ul << 32);
        }

        _bytes[++_at] = (byte)(code >> 20);
        return (code & 0xfffff) | (7ul << 32);
    }

    /// <summary>FLUSH (C.2.9).</summary>
    public void End(MqEncoder encoder)
    {
        uint code = encoder.C, most = code + encoder.A;
        code |= 0xffff;
        code -= code >= most ? 0x8000u : 0;
        int left = encoder.Left;
        for (int i = 0; i < 2; i++)
        {
            ulong put = Put(code << left);
            (code, left) = ((uint)put, (int)(put >> 32));
        }

        // A trailing FF says nothing.
        if (_bytes[_at] == 0xff)
        {
            _at--;
        }
    }
}

/// <summary>The registers of the MQ encoder (annex C.2); a local variable of the loop that encodes.</summary>
internal struct MqEncoder
{
    public uint A;
    public uint C;
    public int Left;

    public static MqEncoder Start() => new() { A = 0x8000, Left = 12 };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Encode(uint symbol, ref uint context, MqOutput output)
    {
        uint state = context, interval = state & 0x7fff, a = A - interval, isOther = ((state >> 15) & 1) ^ symbol;
        // One branch that nobody foresees: the more probable symbol, and an interval long enough to go on with.
        if (((a >> 15) & ~isOther) != 0)
        {
            (A, C) = (a, C + interval);
            return;
        }

        // Where the less probable half has become the larger one, the halves are exchanged (C.2.6).
        uint isUpper = 0 - (((a - interval) >> 31) ^ isOther ^ 1);
        C += interval & isUpper;
        a = interval ^ ((a ^ interval) & isUpper);
        context = Next((state >> (int)(16 + (8 * isOther))) & 0xff);
        int shift = BitOperations.LeadingZeroCount(a) - 16;
        A = a << shift;
        while (shift >= Left)
        {
            shift -= Left;
            ulong put = output.Put(C << Left);
            (C, Left) = ((uint)put, (int)(put >> 32));
        }

        C <<= shift;
        Left -= shift;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Next(uint index) => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(MqStates.Table), index);
}
