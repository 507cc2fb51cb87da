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
        decoding.RunAsync(
            (file, request, Options, cancellation),
            static work =>
            {
                TranscodedFile result = FileTranscoding.Transcode(DicomFile.Read(work.file, work.Options), work.request, work.cancellation);
                return result.IsUnchanged ? null : new TranscodedBytes(result.ToArray(), result.TransferSyntax, result.FormerSopInstanceUid);
            },
            cancellation);

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
        return await TranscodeToBytesAsync(await files.ReadAsync(file, 0, file.PlainSize, cancellation).ConfigureAwait(false), request, cancellation).ConfigureAwait(false);
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

    private DicomReadOptions Options => new() { DefaultEncoding = settings.DefaultEncoding };
}

/// <summary>The bytes of a transcoded file.</summary>
/// <param name="Bytes">The whole file.</param>
/// <param name="TransferSyntax">What it is in.</param>
/// <param name="FormerSopInstanceUid">Where it is another instance, the UID that it had; else null.</param>
public sealed record TranscodedBytes(ReadOnlyMemory<byte> Bytes, TransferSyntax TransferSyntax, string? FormerSopInstanceUid);
