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
        StoredInstance instance, IDataSetEditor editor, ResultSyntax syntax, IncomingObject target, Func<Action, Task> run, CancellationToken cancellation)
    {
        AttachmentRecord file = instance.RequireFile().File;
        DicomReadOptions options = new() { DefaultEncoding = settings.DefaultEncoding };
        if (file.PlainSize > LargestLoaded)
        {
            // Pixels that are transcoded have to be loaded.
            PixelDataReading pixels = syntax.How is null ? PixelDataReading.Leave : PixelDataReading.Load;
            return await EditAsync(() => DicomReader.ReadFile(new AttachmentByteSource(files, file), options with { PixelData = pixels })).ConfigureAwait(false);
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
            long length = 0;
            bool isWritten = false;
            await run(() =>
            {
                dicom = read();
                source = OrthancIdentifiers.From(dicom.DataSet);
                editor.Apply(dicom.DataSet);
                // Preamble and group 0002 say who wrote the file, and may hold what the data set no longer does.
                dicom.Preamble = null;
                dicom.Meta = null;
                dicom = syntax.Apply(dicom, cancellation);
                FileMetaInformation.Ensure(dicom);
                length = DicomWriter.Measure(dicom.DataSet, dicom.TransferSyntax) + MetaRoom;
                if (target.TryExpect(length))
                {
                    // Mostly there is room, and the change to another thread and back is saved.
                    DicomWriter.WriteFile(new IncomingWriter(target), dicom);
                    isWritten = true;
                }
            }).ConfigureAwait(false);
            if (!isWritten)
            {
                await target.ExpectAsync(length, cancellation).ConfigureAwait(false);
                await run(() => DicomWriter.WriteFile(new IncomingWriter(target), dicom!)).ConfigureAwait(false);
            }

            return source!;
        }
    }
}
