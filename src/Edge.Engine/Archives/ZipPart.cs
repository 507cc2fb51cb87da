using System.Buffers;
using System.IO.Compression;
using Edge.Imaging.Output;

namespace Edge.Engine.Archives;

/// <summary>
/// A part of a member, compressed apart from the others so that several threads work on one archive: the parts of a member joined
/// are one deflate stream (RFC 1951), since each but the last ends with an empty stored block on a byte boundary.
/// </summary>
internal sealed class ZipPart : IDisposable
{
    /// <summary>The most plain bytes of a part: what history is lost at its beginning does not show in the size.</summary>
    public const int Size = 1 << 20;

    // Medical images after zlib's own level 9: level 2 comes within 3 % of its size at ten times the speed.
    private static readonly ZLibCompressionOptions Fast = new() { CompressionLevel = 2 };
    private static readonly ZLibCompressionOptions None = new() { CompressionLevel = 0 };

    private readonly EncodedImage _bytes;

    private ZipPart(EncodedImage bytes, int length, uint crc, int plainLength)
    {
        (_bytes, Crc, PlainLength) = (bytes, crc, plainLength);
        Bytes = bytes.Memory[..length];
    }

    /// <summary>Deflated.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Of the plain bytes.</summary>
    public uint Crc { get; }

    public int PlainLength { get; }

    /// <summary>Reads a part and compresses it on a thread of the crew.</summary>
    public static async Task<ZipPart> CompressAsync(ZipMember member, long offset, Core.Threads.ThreadCrew crew, CancellationToken cancellation)
    {
        int length = (int)Math.Min(Size, member.Length - offset);
        byte[] plain = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        try
        {
            await member.ReadAsync(offset, plain.AsMemory(0, length), cancellation).ConfigureAwait(false);
            return await crew.RunAsync((Member: member, Offset: offset, Plain: plain, Length: length), static work =>
            {
                ReadOnlyMemory<byte> bytes = work.Plain.AsMemory(0, work.Length);
                if (work.Offset == 0)
                {
                    work.Member.Look(bytes);
                }

                return Compress(bytes.Span, work.Member.IsCompressible, isLast: work.Offset + work.Length == work.Member.Length);
            }, cancellation).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    public void Dispose() => _bytes.Dispose();

    internal static ZipPart Compress(ReadOnlySpan<byte> plain, bool isCompressible, bool isLast)
    {
        EncodedImage bytes = new((isCompressible ? plain.Length / 2 : plain.Length) + 1024);
        try
        {
            int length;
            using (DeflateStream deflate = new(bytes.AsStream(), isCompressible ? Fast : None))
            {
                deflate.Write(plain);
                deflate.Flush();
                length = bytes.Length;
            }

            // What the stream adds when it is closed ends the whole deflate stream: only the last part may.
            return new ZipPart(bytes, isLast ? bytes.Length : length, Crc32.Of(plain), plain.Length);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }
}
