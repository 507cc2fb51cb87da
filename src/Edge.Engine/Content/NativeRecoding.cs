using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Ports;

namespace Edge.Engine.Content;

/// <summary>Encodes data sets without compressed pixels in another uncompressed transfer syntax.</summary>
public static class NativeRecoding
{
    /// <summary>The longest data set that is encoded again, in bytes: it is held in memory.</summary>
    private const int Longest = 512 << 20;

    public static bool IsPossible(TransferSyntax from, TransferSyntax to) => from is { IsNative: true, IsKnown: true } && to is { IsNative: true, IsKnown: true };

    /// <summary>The data set of an instance in another syntax.</summary>
    /// <exception cref="EdgeException">NotEnoughMemory for one that is too long; BadFileFormat for a damaged one.</exception>
    public static async ValueTask<byte[]> EncodeAsync(OutgoingInstance instance, TransferSyntax to, CancellationToken cancellation)
    {
        Stream stream = await instance.OpenDataSetAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            long length = stream.Length - stream.Position;
            if (length > Longest)
            {
                throw new EdgeException(ErrorCode.NotEnoughMemory, $"{length} bytes are too many to be encoded in another transfer syntax");
            }

            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
            await stream.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
            return DicomWriter.ToArray(DicomReader.ReadDataSet(bytes, TransferSyntax.FindOrUnknown(instance.TransferSyntaxUid)), to);
        }
    }
}
