using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Engine.Content;
using Edge.Engine.Transcoding;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Archives;

/// <summary>The DICOM file of an instance as a member of an archive.</summary>
/// <param name="planned">Which instance.</param>
/// <param name="index">Where its file is looked up when its turn comes.</param>
/// <param name="files">Where it is read.</param>
/// <param name="transcoder">Brings it to another transfer syntax.</param>
/// <param name="target">Which one; null for as it is.</param>
/// <param name="wantsHeader">Whether its header is wanted, for a DICOMDIR.</param>
internal sealed class StoredMember(PlannedFile planned, IResourceIndex index, InstanceFiles files, Transcoder transcoder, TranscodingRequest? target, bool wantsHeader) : ZipMember
{
    // Larger files are transcoded one at a time.
    private const long TranscodedAhead = 16 << 20;

    private AttachmentRecord? _file;
    private StoredInstance? _waiting;
    private ReadOnlyMemory<byte>? _transcoded;
    private long? _headerEnd;

    public override long Length => _transcoded?.Length ?? _file!.PlainSize;

    /// <summary>What stands before the pixel data; there when the member is written, if it was wanted.</summary>
    public DataSet? Header { get; private set; }

    /// <summary>The transfer syntax in which it is in the archive.</summary>
    public string TransferSyntaxUid { get; private set; } = "";

    public override async ValueTask<bool> OpenAsync(CancellationToken cancellation)
    {
        StoredInstance? instance = await index.ReadAsync(
            planned.InstanceId,
            static (reader, id) => reader.FindById(id) is { Level: ResourceLevel.Instance } row ? new StoredInstance(row, reader.Attachment(row.Id, AttachmentType.Dicom)) : null,
            cancellation).ConfigureAwait(false);
        if (instance?.File is not { } attachment)
        {
            return false;
        }

        _file = attachment.File;
        TransferSyntaxUid = instance.TransferSyntax?.Uid ?? Dicom.Tags.TransferSyntax.ImplicitVrLittleEndian.Uid;
        if (target is not null && _file.PlainSize > TranscodedAhead)
        {
            _waiting = instance;
        }
        else
        {
            await PrepareAsync(instance, _file, cancellation).ConfigureAwait(false);
        }

        return true;
    }

    public override ValueTask TakeTurnAsync(CancellationToken cancellation) =>
        _waiting is { } instance ? PrepareAsync(instance, _file!, cancellation) : ValueTask.CompletedTask;

    private async ValueTask PrepareAsync(StoredInstance instance, AttachmentRecord file, CancellationToken cancellation)
    {
        if (await TranscodeAsync(instance, cancellation).ConfigureAwait(false) is { } transcoded)
        {
            _transcoded = transcoded.Bytes;
            TransferSyntaxUid = transcoded.TransferSyntax.Uid;
            IsCompressible = Deflates(transcoded.TransferSyntax);
            Header = wantsHeader ? DicomReader.ReadFile(transcoded.Bytes, DicomReadOptions.HeaderOnly).DataSet : null;
            return;
        }

        IsCompressible = Deflates(instance.TransferSyntax);
        if (wantsHeader)
        {
            _headerEnd = instance.TransferSyntax?.IsDeflated == true ? null : instance.PixelDataOffset ?? file.PlainSize;
            if (_headerEnd is not { } end || end > Math.Min(ZipPart.Size, file.PlainSize))
            {
                _headerEnd = null;
                Header = (await files.ReadHeaderAsync(instance, cancellation).ConfigureAwait(false)).DataSet;
            }
        }
    }

    public override ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        if (_transcoded is { } transcoded)
        {
            transcoded.Slice((int)offset, destination.Length).CopyTo(destination);
            return ValueTask.CompletedTask;
        }

        return files.ReadAsync(_file!, offset, destination, cancellation);
    }

    public override void Look(ReadOnlyMemory<byte> start)
    {
        if (_headerEnd is { } end)
        {
            // The memory is used again: the header must not be slices of it.
            Header = DicomReader.ReadFile(start[..(int)end].ToArray(), DicomReadOptions.HeaderOnly).DataSet;
        }
    }

    // What cannot be transcoded goes into the archive as it is, with Orthanc.
    private async ValueTask<TranscodedBytes?> TranscodeAsync(StoredInstance instance, CancellationToken cancellation)
    {
        if (target is null)
        {
            return null;
        }

        try
        {
            return await transcoder.TranscodeAsync(instance, target, cancellation).ConfigureAwait(false);
        }
        catch (EdgeException e) when (e.Code is not ErrorCode.InexistentFile)
        {
            Log.Generic.Info($"instance {planned.PublicId} goes into the archive as it is: {e.Message}");
            return null;
        }
    }

    private static bool Deflates(Dicom.Tags.TransferSyntax? syntax) =>
        syntax is null || (!syntax.IsDeflated && (!syntax.IsEncapsulated || syntax.Uid == Imaging.Codecs.CompressedSyntax.Rle));
}
