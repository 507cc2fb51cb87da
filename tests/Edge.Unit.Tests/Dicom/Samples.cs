using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Writing;

namespace Edge.Unit.Tests.Dicom;

/// <summary>Built data sets with a bit of everything.</summary>
internal static class Samples
{
    public static DataSetBuilder Builder(bool undefinedLengths = false) => new DataSetBuilder()
        .Add(DicomTags.SpecificCharacterSet, "ISO_IR 100")
        .Add(DicomTags.ImageType, "ORIGINAL\\PRIMARY")
        .Add(DicomTags.StudyDate, "20260102")
        .AddIdentifiers("PAT-1", "1.2.3", "1.2.3.4", "1.2.3.4.5")
        .Add(DicomTags.PatientName, "Müller^Jörg")
        .Add(DicomTags.ReferencedStudySequence, undefinedLengths, new DataSetBuilder().Add(DicomTags.ReferencedSOPInstanceUID, "1.9")
            .Add(DicomTags.ReferencedImageSequence, undefinedLengths, new DataSetBuilder().Add(DicomTags.ReferencedFrameNumber, "1\\2"), new DataSetBuilder()))
        .Add(new DicomTag(0x00189306), "2.5", Vr.FD)
        .Add(DicomTags.FrameIncrementPointer, "0018,1063", Vr.AT)
        .AddPrivate("GEMS_PARM_01", 0x0043, 0x27, Vr.SH, "1.5:1")
        .AddImage(4, 4, 16, Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    public static DataSet DataSet(bool undefinedLengths = false) => Builder(undefinedLengths).Build();

    public static byte[] File(TransferSyntax? syntax = null, bool undefinedLengths = false) => Builder(undefinedLengths).ToArray(syntax);

    public static byte[] Encapsulated() => new DataSetBuilder().AddIdentifiers("P", "1.2", "1.3", "1.4")
        .AddFragments([], [0xFF, 0xD8, 1, 2], [3, 4, 0xFF, 0xD9]).ToArray(TransferSyntax.JpegBaseline);

    public static byte[] Bytes(params object[] parts)
    {
        using var stream = new MemoryStream();
        foreach (object part in parts)
        {
            switch (part)
            {
                case uint tag:
                    stream.Write(BitConverter.GetBytes((ushort)(tag >> 16)));
                    stream.Write(BitConverter.GetBytes((ushort)tag));
                    break;
                case string text:
                    stream.Write(System.Text.Encoding.Latin1.GetBytes(text));
                    break;
                case int length:
                    stream.Write(BitConverter.GetBytes(length));
                    break;
                case ushort length:
                    stream.Write(BitConverter.GetBytes(length));
                    break;
                case byte[] bytes:
                    stream.Write(bytes);
                    break;
            }
        }

        return stream.ToArray();
    }
}
