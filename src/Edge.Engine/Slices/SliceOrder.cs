using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Tags;
using Edge.Store.Index;

namespace Edge.Engine.Slices;

/// <summary>One file of a series in its place.</summary>
public readonly record struct OrderedSlice(string PublicId, int Frames);

/// <summary>The instances of a series in the order of their slices.</summary>
/// <param name="IsVolume">Ordered by their position in space, not by number.</param>
public sealed record SliceOrder(bool IsVolume, IReadOnlyList<OrderedSlice> Slices)
{
    private const double Tolerance = 1e-6;

    /// <summary>
    /// Orders the instances of a series: along the normal of its orientation where each has a position of its own on it,
    /// else by <c>IndexInSeries</c>.
    /// </summary>
    /// <exception cref="EdgeException">UnknownResource; CannotOrderSlices.</exception>
    public static async ValueTask<SliceOrder> OfAsync(IResourceIndex index, string seriesId, CancellationToken cancellation = default)
    {
        (ResourceRow Series, List<ResourceRow> Instances)? found = await index.ReadAsync(
            seriesId,
            static (reader, id) => reader.Find(id, ResourceLevel.Series) is { } row ? (row, reader.Children(row.Id)) : ((ResourceRow, List<ResourceRow>)?)null,
            cancellation).ConfigureAwait(false);
        return found is { } series ? Of(series.Series, series.Instances) : throw new EdgeException(ErrorCode.UnknownResource);
    }

    /// <summary>The order from rows of the index alone: no file is read.</summary>
    /// <exception cref="EdgeException">CannotOrderSlices.</exception>
    public static SliceOrder Of(ResourceRow series, IReadOnlyList<ResourceRow> instances)
    {
        List<(double Key, ResourceRow Row)>? volume = ByPosition(series, instances);
        List<(double Key, ResourceRow Row)> order = volume ?? ByIndex(instances) ?? throw new EdgeException(ErrorCode.CannotOrderSlices, "Unable to order the slices of the series");
        return new SliceOrder(volume is not null, order.ConvertAll(static slice => new OrderedSlice(slice.Row.PublicId, FramesOf(slice.Row))));
    }

    private static List<(double Key, ResourceRow Row)>? ByPosition(ResourceRow series, IReadOnlyList<ResourceRow> instances)
    {
        if (instances.Count < 2 || Normal(series.Tags.Get(DicomTags.ImageOrientationPatient.Value)) is not { } normal)
        {
            return null;
        }

        List<(double Key, ResourceRow Row)> order = new(instances.Count);
        foreach (ResourceRow instance in instances)
        {
            if (Vector(instance.Tags.Get(DicomTags.ImagePositionPatient.Value), 3) is not { } position)
            {
                return null;
            }

            if (instance.Tags.Get(DicomTags.ImageOrientationPatient.Value) is { Length: > 0 } orientation
                && (Normal(orientation) is not { } own || Math.Abs(Math.Abs(Dot(own, normal)) - 1) > Tolerance * 10))
            {
                return null;
            }

            order.Add((Dot(position, normal), instance));
        }

        order.Sort(static (a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : a.Row.Id.CompareTo(b.Row.Id));
        double scale = Math.Max(1, Math.Max(Math.Abs(order[0].Key), Math.Abs(order[^1].Key)));
        for (int i = 1; i < order.Count; i++)
        {
            if (order[i].Key - order[i - 1].Key <= Tolerance * scale)
            {
                return null;
            }
        }

        return order;
    }

    private static List<(double Key, ResourceRow Row)>? ByIndex(IReadOnlyList<ResourceRow> instances)
    {
        List<(double Key, ResourceRow Row)> order = new(instances.Count);
        foreach (ResourceRow instance in instances)
        {
            bool numbered = int.TryParse(instance.Metadata.Get(MetadataType.IndexInSeries), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number);
            if (!numbered && instances.Count > 1)
            {
                return null;
            }

            order.Add((number, instance));
        }

        order.Sort(static (a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : a.Row.Id.CompareTo(b.Row.Id));
        return order;
    }

    private static int FramesOf(ResourceRow instance) =>
        int.TryParse(instance.Tags.Get(DicomTags.NumberOfFrames.Value), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int frames) && frames > 0 ? frames : 1;

    /// <summary>The unit normal of (0020,0037), null where it is none.</summary>
    private static double[]? Normal(string? orientation)
    {
        if (Vector(orientation, 6) is not { } v)
        {
            return null;
        }

        double[] normal = [(v[1] * v[5]) - (v[2] * v[4]), (v[2] * v[3]) - (v[0] * v[5]), (v[0] * v[4]) - (v[1] * v[3])];
        double length = Math.Sqrt(Dot(normal, normal));
        return length > Tolerance ? Array.ConvertAll(normal, x => x / length) : null;
    }

    private static double[]? Vector(string? text, int count)
    {
        string[] parts = text?.Split('\\') ?? [];
        if (parts.Length != count)
        {
            return null;
        }

        double[] vector = new double[count];
        for (int i = 0; i < count; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out vector[i]) || !double.IsFinite(vector[i]))
            {
                return null;
            }
        }

        return vector;
    }

    private static double Dot(double[] a, double[] b) => (a[0] * b[0]) + (a[1] * b[1]) + (a[2] * b[2]);
}
