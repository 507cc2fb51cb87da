using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Edge.Store.Files;

namespace Edge.Engine.Images;

/// <summary>The bytes of a frame as the file has them.</summary>
/// <param name="File">The file.</param>
/// <param name="Ranges">Where they lie in it; empty where they are not sent as they lie.</param>
/// <param name="Inflated">The bytes, where they are in memory already, or had to be inflated, decoded or swapped.</param>
/// <param name="MediaType">By the transfer syntax, with Orthanc: <c>application/octet-stream</c> but for baseline JPEG and JPEG 2000.</param>
public sealed record RawFrame(AttachmentRecord File, IReadOnlyList<FrameRange> Ranges, ReadOnlyMemory<byte> Inflated, string MediaType) : IDisposable
{
    /// <summary>Whose memory the bytes are in, where it is to be given back.</summary>
    private StoredPixels? Owner { get; init; }

    /// <summary>How many bytes.</summary>
    public long Length => Ranges.Count == 0 ? Inflated.Length : Ranges.Sum(static range => range.Length);

    /// <summary>The bytes of a frame; big-endian words come in little endian, as Orthanc gives them.</summary>
    internal static ReadOnlyMemory<byte> Bytes(StoredPixels pixels, int frame)
    {
        ReadOnlyMemory<byte> bytes = pixels.Read(frame);
        if (!pixels.IsSwapped)
        {
            return bytes;
        }

        byte[] swapped = new byte[bytes.Length & ~1];
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(bytes.Span[..swapped.Length]), MemoryMarshal.Cast<byte, ushort>(swapped));
        return swapped.AsMemory(0, (int)Math.Min(swapped.Length, (pixels.Image.FrameBits + 7) / 8));
    }

    /// <summary>Gives back the memory: the bytes are read before.</summary>
    public void Dispose() => Owner?.Dispose();

    internal static RawFrame Of(StoredPixels pixels, int frame)
    {
        string media = pixels.Syntax.Uid switch
        {
            "1.2.840.10008.1.2.4.50" => "image/jpeg",
            "1.2.840.10008.1.2.4.90" or "1.2.840.10008.1.2.4.91" => "image/jp2",
            _ => "application/octet-stream",
        };
        return pixels.IsLoaded || pixels.IsSwapped
            ? new RawFrame(pixels.File, [], Bytes(pixels, frame), media) { Owner = pixels }
            : new RawFrame(pixels.File, pixels.Locate(frame), default, media);
    }
}
