using System.Globalization;
using System.Numerics;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Imaging;
using Edge.Imaging.Codecs;

namespace Edge.Engine.Transcoding;

/// <summary>Transcodes a data set in memory: the pixels, and what must be said of them (PS3.3 C.7.6.1.1.5, C.7.6.3; PS3.5 8.2).</summary>
public static class FileTranscoding
{
    /// <summary>Changes a file to the first of the targets that can hold it.</summary>
    /// <param name="file">Read with its pixel data. Where it fails, it is as it was.</param>
    /// <exception cref="EdgeException">NotImplemented: none can; CorruptedFile, BadFileFormat, IncompatibleImageSize: it is damaged.</exception>
    public static TranscodedFile Transcode(DicomFile file, TranscodingRequest request, CancellationToken cancellation = default)
    {
        TransferSyntax from = file.TransferSyntax;
        if (request.Targets.Contains(from))
        {
            return new TranscodedFile(file, true, null);
        }

        EdgeException? refused = null;
        foreach (TransferSyntax target in request.Targets)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!Transcoder.CanTranscode(from, target) || (IsLossy(target) && request.Lossy == LossyTranscoding.Refused))
            {
                continue;
            }

            try
            {
                return Transcode(file, target, request, cancellation);
            }
            catch (ImageException failure) when (failure.Code == ErrorCode.NotImplemented)
            {
                refused = failure;
            }
        }

        throw refused ?? new EdgeException(ErrorCode.NotImplemented, $"The transfer syntax {from.Uid} cannot be transcoded to {string.Join(" or ", request.Targets.Select(static target => target.Uid))}");
    }

    private static TranscodedFile Transcode(DicomFile file, TransferSyntax target, TranscodingRequest request, CancellationToken cancellation)
    {
        DataSet dataSet = file.DataSet;
        DicomElement? pixels = dataSet.Find(DicomTags.PixelData);
        string? former = null;
        if (!target.IsEncapsulated)
        {
            DecodeNested(dataSet, file.TransferSyntax, cancellation);
        }

        if (target.IsEncapsulated && pixels is null)
        {
            throw new ImageException(ErrorCode.NotImplemented, "There is no pixel data to be compressed");
        }

        if (pixels is not null && (target.IsEncapsulated || file.TransferSyntax.IsEncapsulated))
        {
            TranscodedPixels result = PixelTranscoding.Transcode(dataSet, pixels, file.TransferSyntax, target, request.Quality, cancellation);
            result.Apply(dataSet);
            if (IsLossy(target))
            {
                former = NoteLoss(dataSet, target, result, request.Lossy == LossyTranscoding.NewInstance);
            }
        }

        file.TransferSyntax = target;
        if (file.Meta is not null)
        {
            FileMetaInformation.Ensure(file);
        }

        return new TranscodedFile(file, false, former);
    }

    /// <summary>Whether encoding to a syntax here loses something. JPEG 2000 (.91) does.</summary>
    private static bool IsLossy(TransferSyntax target) => target.IsLossy;

    // Icons may be compressed as the image is (PS3.5 A.4); in a native transfer syntax they must not be.
    private static void DecodeNested(DataSet dataSet, TransferSyntax from, CancellationToken cancellation)
    {
        foreach (DicomElement element in dataSet)
        {
            foreach (DataSet item in element.Items ?? [])
            {
                DecodeNested(item, from, cancellation);
                if (item.Find(DicomTags.PixelData) is { Fragments: not null } pixels)
                {
                    PixelTranscoding.Transcode(item, pixels, from, TransferSyntax.ExplicitVrLittleEndian, 100, cancellation).Apply(item);
                }
            }
        }
    }

    private static string? NoteLoss(DataSet dataSet, TransferSyntax target, TranscodedPixels result, bool isNewInstance)
    {
        (string method, string name) = target.Uid switch
        {
            CompressedSyntax.JpegLsNearLossless => ("ISO_14495_1", "JPEG-LS near-lossless"),
            CompressedSyntax.JpegBaseline => ("ISO_10918_1", "JPEG baseline"),
            CompressedSyntax.JpegExtended => ("ISO_10918_1", "JPEG extended"),
            _ => ("ISO_15444_1", "JPEG 2000"),
        };
        string ratio = result.Ratio.ToString("0.####", CultureInfo.InvariantCulture);
        dataSet.SetString(DicomTags.LossyImageCompression, "01", Vr.CS);
        // The steps of all losses stay on record, in their order.
        dataSet.SetStrings(DicomTags.LossyImageCompressionRatio, [.. dataSet.GetStrings(DicomTags.LossyImageCompressionRatio), ratio], Vr.DS);
        dataSet.SetStrings(DicomTags.LossyImageCompressionMethod, [.. dataSet.GetStrings(DicomTags.LossyImageCompressionMethod), method], Vr.CS);
        string before = dataSet.GetString(DicomTags.DerivationDescription) is { Length: > 0 } text ? text + "; " : "";
        string description = $"{before}Lossy compression with {name}, compression ratio {ratio}";
        dataSet.SetString(DicomTags.DerivationDescription, description.Length <= 1024 ? description : description[^1024..], Vr.ST);
        string[] type = dataSet.GetStrings(DicomTags.ImageType);
        if (type.Length > 0)
        {
            type[0] = "DERIVED";
        }

        dataSet.SetStrings(DicomTags.ImageType, type.Length > 0 ? type : ["DERIVED", "PRIMARY"], Vr.CS);
        if (!isNewInstance)
        {
            return null;
        }

        string former = dataSet.GetString(DicomTags.SOPInstanceUID) ?? "";
        dataSet.SetString(DicomTags.SOPInstanceUID, NewUid(), Vr.UI);
        return former;
    }

    // PS3.5 B.2.
    private static string NewUid() => "2.25." + new BigInteger(Guid.NewGuid().ToByteArray(bigEndian: true), isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture);
}
