using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Imaging.Rendering;

namespace Edge.Engine.Images;

/// <summary>What a data set says of how one frame is to be shown, by Orthanc's rules: no lookup tables, no presentation states.</summary>
/// <param name="Rescale">From stored to shown values.</param>
/// <param name="Window">What is shown where nobody asks for another window.</param>
public readonly record struct FramePresentation(Rescale Rescale, ValueWindow Window)
{
    private const string RtDoseStorage = "1.2.840.10008.5.1.4.1.1.481.2";
    private static readonly DicomTag PerFrameGroups = new(0x52009230), FrameVoiLut = new(0x00289132), PixelValueTransformation = new(0x00289145);

    /// <summary>The presentation of a frame: attributes of the data set itself, else of the frame's functional groups, else the range of the stored bits.</summary>
    public static FramePresentation Of(DataSet dataSet, int frame) => new(RescaleOf(dataSet, frame), WindowOf(dataSet, frame));

    private static ValueWindow WindowOf(DataSet dataSet, int frame)
    {
        if (Pair(dataSet, DicomTags.WindowCenter, DicomTags.WindowWidth) is { } own)
        {
            return new ValueWindow(own.First, own.Second);
        }

        if (GroupOf(dataSet, frame, FrameVoiLut) is { } group && Pair(group, DicomTags.WindowCenter, DicomTags.WindowWidth) is { } perFrame)
        {
            return new ValueWindow(perFrame.First, perFrame.Second);
        }

        double width = Math.Pow(2, Math.Clamp(dataSet.GetInt32(DicomTags.BitsStored) ?? 8, 1, 32));
        return new ValueWindow(width / 2, width);
    }

    private static Rescale RescaleOf(DataSet dataSet, int frame)
    {
        // Doses are shown as they are stored.
        if (dataSet.GetString(DicomTags.SOPClassUID) == RtDoseStorage)
        {
            return Rescale.None;
        }

        if (Pair(dataSet, DicomTags.RescaleSlope, DicomTags.RescaleIntercept) is { } own)
        {
            return new Rescale(own.First, own.Second);
        }

        return GroupOf(dataSet, frame, PixelValueTransformation) is { } group && Pair(group, DicomTags.RescaleSlope, DicomTags.RescaleIntercept) is { } perFrame
            ? new Rescale(perFrame.First, perFrame.Second)
            : Rescale.None;
    }

    private static (double First, double Second)? Pair(DataSet dataSet, DicomTag first, DicomTag second) =>
        dataSet.GetDouble(first) is { } a && dataSet.GetDouble(second) is { } b && double.IsFinite(a) && double.IsFinite(b) ? (a, b) : null;

    private static DataSet? GroupOf(DataSet dataSet, int frame, DicomTag sequence)
    {
        IReadOnlyList<DataSet> frames = dataSet.GetItems(PerFrameGroups);
        return frame < frames.Count && frames[frame].GetItems(sequence) is { Count: > 0 } items ? items[0] : null;
    }
}
