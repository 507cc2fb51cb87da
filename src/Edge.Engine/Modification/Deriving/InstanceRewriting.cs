using System.Buffers;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Runtime;
using Edge.Store.Files;

namespace Edge.Engine.Modification.Deriving;

/// <summary>
/// Makes the file of a new instance of a stored one. Small files are edited in a pooled buffer; of large ones the pixel data stays where it is and
/// is copied in pieces, so that no file is in memory twice.
/// </summary>
public sealed class InstanceRewriting(IAttachmentArea files, RuntimeSettings settings)
{
    /// <summary>Larger files are not loaded.</summary>
    private const int LargestLoaded = 16 << 20;

    /// <summary>Room for the group 0002 that is built anew.</summary>
    private const int MetaRoom = 1024;

    /// <summary>Edits an instance and writes its file into <paramref name="target"/>.</summary>
    /// <param name="run">Runs work on a thread that may wait for files.</param>
    /// <returns>The identifiers before the change.</returns>
    /// <exception cref="EdgeException">The file is missing or damaged, or cannot be changed so.</exception>
    public async ValueTask<OrthancIdentifiers> RewriteAsync(
        StoredInstance instance, IDataSetEditor editor, WantedSyntax transcoding, IncomingObject target, Func<Action, Task> run, CancellationToken cancellation)
    {
        AttachmentRecord file = instance.RequireFile().File;
        DicomReadOptions options = new() { DefaultEncoding = settings.DefaultEncoding };
        if (file.PlainSize > LargestLoaded)
        {
            return await EditAsync(() => DicomReader.ReadFile(new AttachmentByteSource(files, file), options with { PixelData = PixelDataReading.Leave })).ConfigureAwait(false);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)file.PlainSize);
        try
        {
            Memory<byte> bytes = buffer.AsMemory(0, (int)file.PlainSize);
            int read = await files.ReadAsync(file, AttachmentView.Plain, 0, bytes, cancellation).ConfigureAwait(false);
            return await EditAsync(() => DicomReader.ReadFile(bytes[..read], options)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        async ValueTask<OrthancIdentifiers> EditAsync(Func<DicomFile> read)
        {
            OrthancIdentifiers? source = null;
            DicomFile? dicom = null;
            await run(() =>
            {
                dicom = read();
                source = OrthancIdentifiers.From(dicom.DataSet);
                editor.Apply(dicom.DataSet);
                // Preamble and group 0002 say who wrote the file, and may hold what the data set no longer does.
                dicom.Preamble = null;
                dicom.Meta = null;
                dicom = transcoding.Apply(dicom);
                FileMetaInformation.Ensure(dicom);
            }).ConfigureAwait(false);
            await target.ExpectAsync(DicomWriter.Measure(dicom!.DataSet, dicom.TransferSyntax) + MetaRoom, cancellation).ConfigureAwait(false);
            await run(() => DicomWriter.WriteFile(new IncomingWriter(target), dicom)).ConfigureAwait(false);
            return source!;
        }
    }
}
