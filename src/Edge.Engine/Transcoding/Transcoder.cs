using System.Buffers;
using Edge.Core.Errors;
using Edge.Core.Threads;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Ports;
using Edge.Engine.Runtime;
using Edge.Imaging.Codecs;

namespace Edge.Engine.Transcoding;

/// <summary>
/// Gives files another transfer syntax. The pixels are worked on by the decoding threads, one file at a time on each; a file is in memory as
/// a whole meanwhile.
/// </summary>
public sealed class Transcoder(InstanceFiles files, RuntimeSettings settings, ThreadCrew decoding)
{
    /// <summary>The longest file that is transcoded, in bytes.</summary>
    public const int LongestFile = 512 << 20;

    /// <summary>Stored files up to this size are read into pooled memory: most are, and what is taken anew for each is collected every few of them.</summary>
    private const int LongestPooled = 4 << 20;

    /// <summary>Whether images can go from one transfer syntax to another at all; a given one may still be refused.</summary>
    public static bool CanTranscode(TransferSyntax from, TransferSyntax to) =>
        from.Equals(to) || ((IsRecodable(from) || FrameDecoder.CanDecode(from.Uid)) && (IsRecodable(to) || FrameEncoder.CanEncode(to.Uid)));

    /// <summary>Transcodes a file, which must stay as it is until the task ends; the result may share its bytes.</summary>
    /// <exception cref="EdgeException">NotImplemented: none of the targets can hold it; CorruptedFile, BadFileFormat: it is damaged.</exception>
    public Task<TranscodedFile> TranscodeAsync(ReadOnlyMemory<byte> file, TranscodingRequest request, CancellationToken cancellation = default) =>
        decoding.RunAsync((file, request, Options, cancellation), static work => FileTranscoding.Transcode(DicomFile.Read(work.file, work.Options), work.request, work.cancellation), cancellation);

    /// <summary>As the other, with its bytes.</summary>
    /// <returns>Null where the file is in a welcome transfer syntax as it is.</returns>
    /// <exception cref="EdgeException">As the other.</exception>
    public Task<TranscodedBytes?> TranscodeToBytesAsync(ReadOnlyMemory<byte> file, TranscodingRequest request, CancellationToken cancellation = default) =>
        decoding.RunAsync((file, request, Options, cancellation), static work => ToBytes(work.file, work.request, work.Options, work.cancellation), cancellation);

    /// <summary>Transcodes a stored instance.</summary>
    /// <returns>The bytes of the new file; null where the stored one is in a welcome transfer syntax.</returns>
    /// <exception cref="EdgeException">As above; NotEnoughMemory for a file too long, InexistentFile for none.</exception>
    public async Task<TranscodedBytes?> TranscodeAsync(StoredInstance instance, TranscodingRequest request, CancellationToken cancellation = default)
    {
        if (instance.TransferSyntax is { } syntax && request.Targets.Contains(syntax))
        {
            return null;
        }

        Store.Files.AttachmentRecord file = instance.RequireFile().File;
        if (file.PlainSize > LongestPooled)
        {
            return await TranscodeToBytesAsync(await files.ReadAsync(file, 0, file.PlainSize, cancellation).ConfigureAwait(false), request, cancellation).ConfigureAwait(false);
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent((int)file.PlainSize);
        await files.ReadAsync(file, 0, rented.AsMemory(0, (int)file.PlainSize), cancellation).ConfigureAwait(false);
        return await decoding.RunAsync(
            (Rented: rented, Length: (int)file.PlainSize, Request: request, Options, Cancellation: cancellation),
            static work =>
            {
                try
                {
                    return ToBytes(work.Rented.AsMemory(0, work.Length), work.Request, work.Options, work.Cancellation);
                }
                finally
                {
                    // Here, and not where it is waited for: that may end before this has begun.
                    ArrayPool<byte>.Shared.Return(work.Rented);
                }
            },
            cancellation).ConfigureAwait(false);
    }

    /// <summary>The data set of an instance that is to be sent, in another transfer syntax and without loss.</summary>
    /// <exception cref="EdgeException">As above.</exception>
    public async Task<byte[]> EncodeDataSetAsync(OutgoingInstance instance, TransferSyntax to, CancellationToken cancellation = default)
    {
        byte[] bytes = await instance.ReadDataSetAsync(LongestFile, cancellation).ConfigureAwait(false);
        TransferSyntax from = TransferSyntax.FindOrUnknown(instance.TransferSyntaxUid);
        return await decoding.RunAsync(
            (bytes, from, to, cancellation),
            static work =>
            {
                DicomFile file = new(null, DicomReader.ReadDataSet(work.bytes, work.from), work.from);
                FileTranscoding.Transcode(file, new TranscodingRequest { Targets = [work.to], Lossy = LossyTranscoding.Refused }, work.cancellation);
                return DicomWriter.ToArray(file.DataSet, work.to);
            },
            cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether pixel data stands in it as PS3.5 8.1.1 lays it out, and the data set as this room writes it.</summary>
    internal static bool IsRecodable(TransferSyntax syntax) => syntax.IsKnown && syntax.Uid is
        "1.2.840.10008.1.2" or "1.2.840.10008.1.2.1" or "1.2.840.10008.1.2.2" or "1.2.840.10008.1.2.1.99";

    private static TranscodedBytes? ToBytes(ReadOnlyMemory<byte> file, TranscodingRequest request, DicomReadOptions options, CancellationToken cancellation)
    {
        TranscodedFile result = FileTranscoding.Transcode(DicomFile.Read(file, options), request, cancellation);
        return result.IsUnchanged ? null : new TranscodedBytes(result.ToArray(), result.TransferSyntax, result.FormerSopInstanceUid);
    }

    private DicomReadOptions Options => new() { DefaultEncoding = settings.DefaultEncoding };
}

/// <summary>The bytes of a transcoded file.</summary>
/// <param name="Bytes">The whole file.</param>
/// <param name="TransferSyntax">What it is in.</param>
/// <param name="FormerSopInstanceUid">Where it is another instance, the UID that it had; else null.</param>
public sealed record TranscodedBytes(ReadOnlyMemory<byte> Bytes, TransferSyntax TransferSyntax, string? FormerSopInstanceUid);
