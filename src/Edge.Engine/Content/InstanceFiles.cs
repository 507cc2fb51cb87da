using System.Buffers;
using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Runtime;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Content;

/// <summary>An instance and its DICOM file, as the index knows them.</summary>
/// <param name="File">Null where only the index is kept (<c>StoreDicom</c> off).</param>
public sealed record StoredInstance(ResourceRow Row, AttachmentRow? File)
{
    public TransferSyntax? TransferSyntax => TransferSyntax.Find(Row.Metadata.Get(MetadataType.TransferSyntax));

    /// <summary>Where the pixel data element begins in the file; null without pixel data, and in most files without preamble.</summary>
    public long? PixelDataOffset =>
        long.TryParse(Row.Metadata.Get(MetadataType.PixelDataOffset), NumberStyles.None, CultureInfo.InvariantCulture, out long offset) ? offset : null;

    /// <exception cref="EdgeException">InexistentFile where there is none.</exception>
    public AttachmentRow RequireFile() => File ?? throw new EdgeException(ErrorCode.InexistentFile, "The DICOM file of this instance is not stored");
}

/// <summary>Reads the DICOM files of stored instances.</summary>
public sealed class InstanceFiles(IResourceIndex index, IAttachmentArea files, RuntimeSettings settings)
{
    /// <summary>A header, or a file read as a whole, must fit into this many bytes.</summary>
    internal const int MaximumLoaded = 256 << 20;

    public ValueTask<StoredInstance?> FindAsync(string instanceId, CancellationToken cancellation = default) => index.PeekAsync(
        instanceId,
        static (reader, id) => reader.Find(id, ResourceLevel.Instance) is { } row ? new StoredInstance(row, reader.Attachment(row.Id, AttachmentType.Dicom)) : null,
        cancellation);

    /// <summary>The instance, or Orthanc's error.</summary>
    /// <exception cref="EdgeException">UnknownResource.</exception>
    public async ValueTask<StoredInstance> RequireAsync(string instanceId, CancellationToken cancellation = default) =>
        await FindAsync(instanceId, cancellation).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);

    /// <summary>Everything before the pixel data. Pixel data itself stands in the data set without a value, as Orthanc lists it.</summary>
    public async ValueTask<DicomFile> ReadHeaderAsync(StoredInstance instance, CancellationToken cancellation = default)
    {
        AttachmentRecord file = instance.RequireFile().File;
        bool deflated = instance.TransferSyntax?.IsDeflated == true;
        long? pixels = deflated ? null : instance.PixelDataOffset;
        byte[] bytes = await ReadAsync(file, 0, pixels ?? file.PlainSize, cancellation).ConfigureAwait(false);
        DicomFile dicom = DicomReader.ReadFile(bytes, Options with { PixelData = PixelDataReading.Stop });
        if ((instance.PixelDataOffset is not null || dicom.StoppedBeforePixelData) && !dicom.DataSet.Contains(DicomTags.PixelData))
        {
            dicom.DataSet.Set(new DicomElement(DicomTags.PixelData, Vr.OW, ReadOnlyMemory<byte>.Empty));
        }

        return dicom;
    }

    /// <summary>Everything before the pixel data, which is not in the data set, and the first bytes of the pixel data element (fewer at the end of the file).</summary>
    /// <exception cref="EdgeException">CorruptedFile; NotEnoughMemory for a header that is too long.</exception>
    public async ValueTask<(DicomFile Header, ReadOnlyMemory<byte> Element)> ReadHeaderAndAsync(StoredInstance instance, long count, CancellationToken cancellation = default)
    {
        AttachmentRecord file = instance.RequireFile().File;
        long pixels = Math.Min(instance.PixelDataOffset ?? file.PlainSize, file.PlainSize);
        byte[] bytes = await ReadAsync(file, 0, Math.Min(file.PlainSize, pixels + count), cancellation).ConfigureAwait(false);
        return (DicomReader.ReadFile(bytes.AsMemory(0, (int)pixels), Options with { PixelData = PixelDataReading.Stop }), bytes.AsMemory((int)pixels));
    }

    /// <summary>The same with the file from the pixel data element on in an array of <see cref="ArrayPool{T}.Shared"/>, to be returned; what the header holds stays.</summary>
    /// <returns>The header; the array; which part of it is the rest of the file.</returns>
    public async ValueTask<(DicomFile Header, byte[] Rented, ReadOnlyMemory<byte> Element)> RentHeaderAndAsync(StoredInstance instance, long count, CancellationToken cancellation = default)
    {
        AttachmentRecord file = instance.RequireFile().File;
        int pixels = (int)Math.Min(instance.PixelDataOffset ?? file.PlainSize, file.PlainSize), length = (int)Math.Min(file.PlainSize, pixels + count);
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        await ReadAsync(file, 0, rented.AsMemory(0, length), cancellation).ConfigureAwait(false);
        DicomFile header = DicomReader.ReadFile(rented.AsSpan(0, pixels).ToArray(), Options with { PixelData = PixelDataReading.Stop });
        return (header, rented, rented.AsMemory(pixels, length - pixels));
    }

    /// <summary>The whole file, in memory.</summary>
    public async ValueTask<DicomFile> ReadWholeAsync(StoredInstance instance, CancellationToken cancellation = default)
    {
        AttachmentRecord file = instance.RequireFile().File;
        return DicomReader.ReadFile(await ReadAsync(file, 0, file.PlainSize, cancellation).ConfigureAwait(false), Options);
    }

    /// <summary>A range of the file.</summary>
    public async ValueTask<byte[]> ReadAsync(AttachmentRecord file, long offset, long count, CancellationToken cancellation = default)
    {
        if (count > MaximumLoaded)
        {
            throw new EdgeException(ErrorCode.NotEnoughMemory, $"{count} bytes are too many to be read into memory");
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)count);
        int read = await files.ReadAsync(file, AttachmentView.Plain, offset, bytes, cancellation).ConfigureAwait(false);
        return read == bytes.Length ? bytes : throw new EdgeException(ErrorCode.CorruptedFile, $"the stored file ends after {offset + read} of {offset + count} bytes");
    }

    /// <summary>A range of the file, to memory of the caller.</summary>
    /// <exception cref="EdgeException">CorruptedFile where the file ends before.</exception>
    public async ValueTask ReadAsync(AttachmentRecord file, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        int read = await files.ReadAsync(file, AttachmentView.Plain, offset, destination, cancellation).ConfigureAwait(false);
        if (read != destination.Length)
        {
            throw new EdgeException(ErrorCode.CorruptedFile, $"the stored file ends after {offset + read} of {offset + destination.Length} bytes");
        }
    }

    /// <summary>The file as a byte source, for threads that may wait for the file threads.</summary>
    public IByteSource OpenSource(AttachmentRecord file) => new AttachmentByteSource(files, file);

    /// <summary>Writes the file to a path of this machine, replacing what is there.</summary>
    /// <exception cref="EdgeException">CannotWriteFile.</exception>
    public async ValueTask ExportAsync(StoredInstance instance, string path, CancellationToken cancellation = default)
    {
        await using Stream source = files.OpenRead(instance.RequireFile().File, AttachmentView.Plain);
        try
        {
            await using FileStream target = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            await source.CopyToAsync(target, 1 << 18, cancellation).ConfigureAwait(false);
            await target.FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new EdgeException(ErrorCode.CannotWriteFile, $"Cannot write to the file: {e.Message}", e);
        }
    }

    private DicomReadOptions Options => new() { DefaultEncoding = settings.DefaultEncoding };
}
