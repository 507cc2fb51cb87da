using System.Text;
using Edge.Dicom;
using Edge.Dicom.Tags;

namespace Edge.Engine.Modification.Deidentification;

/// <summary>Values that are valid for their VR and say nothing (action D of PS3.15 table E.1-1).</summary>
internal static class DummyValues
{
    /// <summary>The element with a dummy value. What has no harmless value (sequences, documents, certificates) is empty.</summary>
    public static DicomElement For(DataSet dataSet, DicomElement element)
    {
        Vr vr = element.Vr == Vr.UN ? dataSet.VrOf(element.Tag) : element.Vr;
        return Text(vr) is { } text
            ? new DicomElement(element.Tag, vr, Encoding.ASCII.GetBytes(text))
            : new DicomElement(element.Tag, vr, VrInfo.Kind(vr) == VrKind.Number ? new byte[VrInfo.NumberSize(vr)] : default(ReadOnlyMemory<byte>));
    }

    // Of even length each.
    private static string? Text(Vr vr) => vr switch
    {
        Vr.DA => "19000101",
        Vr.TM => "000000",
        Vr.DT => "19000101000000",
        Vr.AS => "000Y",
        Vr.DS or Vr.IS => "0 ",
        Vr.UR => "urn:anonymized",
        Vr.PN or Vr.CS or Vr.LO or Vr.SH or Vr.LT or Vr.ST or Vr.UT or Vr.UC or Vr.AE => "ANONYMIZED",
        _ => null,
    };
}
