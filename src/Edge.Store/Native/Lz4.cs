using System.Runtime.InteropServices;

namespace Edge.Store.Native;

/// <summary>The reference LZ4 library, block format.</summary>
internal static unsafe partial class Lz4
{
    /// <summary>The bytes written to <paramref name="target"/>, 0 if they do not fit.</summary>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
        {
            return CompressDefault(from, to, source.Length, target.Length);
        }
    }

    /// <summary>The bytes written to <paramref name="target"/>, negative if <paramref name="source"/> is damaged or does not fit.</summary>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
        {
            return DecompressSafe(from, to, source.Length, target.Length);
        }
    }

    [LibraryImport("lz4", EntryPoint = "LZ4_compress_default")]
    private static partial int CompressDefault(byte* source, byte* target, int sourceSize, int targetCapacity);

    [LibraryImport("lz4", EntryPoint = "LZ4_decompress_safe")]
    private static partial int DecompressSafe(byte* source, byte* target, int sourceSize, int targetCapacity);
}
